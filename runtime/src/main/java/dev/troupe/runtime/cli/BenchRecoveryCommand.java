package dev.troupe.runtime.cli;

import dev.troupe.runtime.bench.recovery.Fault;
import dev.troupe.runtime.bench.recovery.RecoveryBenchmark;
import dev.troupe.runtime.bench.recovery.RecoveryReport;
import dev.troupe.runtime.bench.recovery.Scenario;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code troupe bench recovery}. */
@Command(
    name = "recovery",
    description = {
      "Kills, freezes, drains and starts processes of a cluster on this machine while it trains.",
      "Prints how long each fault stopped the training, and compares samples, losses and weights"
          + " with a run to which nothing happens. Ends with 1 if something committed was lost."
    },
    footer = {
      "%nExamples:",
      "  ./troupe bench recovery --scenario kill --times 30",
      "  ./troupe bench recovery --scenario freeze,coordinator,both --json",
      ""
    })
final class BenchRecoveryCommand implements Callable<Integer> {
  @Option(
      names = "--scenario",
      paramLabel = "NAME,…",
      split = ",",
      description = "Any of ${COMPLETION-CANDIDATES}. [all]")
  private List<Scenario> scenarios = List.of(Scenario.values());

  @Option(
      names = "--times",
      paramLabel = "N",
      defaultValue = "5",
      description = "Kills of the scenario kill. [${DEFAULT-VALUE}]")
  private int times;

  @Option(
      names = "--config",
      paramLabel = "CONFIG",
      description = "What is trained. [configs/quickstart-vit.conf]")
  private Path config =
      Path.of(System.getProperty("troupe.home", "."), "configs/quickstart-vit.conf");

  @Option(
      names = "--global-batch-size",
      paramLabel = "N",
      description = "Samples a step. [250 for resize, else 48]")
  private Integer globalBatchSize;

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      defaultValue = "1e-4",
      description =
          "Learning rate; a high one amplifies rounding, by which runs differ. [${DEFAULT-VALUE}]")
  private double lr;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Which nodes are hit. [${DEFAULT-VALUE}]")
  private long seed;

  @Option(
      names = "--pause-seconds",
      paramLabel = "N",
      defaultValue = "30",
      description = "How long freeze and partition last. [${DEFAULT-VALUE}]")
  private int pauseSeconds;

  @Option(
      names = "--logs",
      paramLabel = "DIR",
      description = "Keep the runs here. [a new folder in /tmp]")
  private Path logs;

  @Mixin private Figures figures;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path folder = logs == null ? Files.createTempDirectory("troupe-recovery-") : logs;
    List<RecoveryReport> reports = new ArrayList<>();
    for (Scenario scenario : scenarios) {
      int batch = globalBatchSize == null ? scenario.globalBatchSize() : globalBatchSize;
      List<String> flags = new ArrayList<>(List.of(config.toAbsolutePath().toString()));
      flags.addAll(List.of("--global-batch-size", "" + batch, "--lr", "" + lr));
      flags.addAll(List.of("--epochs", "1000", "--threads", "1", "--workers", "1"));
      reports.add(
          new RecoveryBenchmark(Main.class, folder, flags)
              .run(scenario, times, seed, Duration.ofSeconds(pauseSeconds)));
    }
    print(reports);
    return reports.stream().allMatch(RecoveryReport::sound) ? 0 : 1;
  }

  private void print(List<RecoveryReport> reports) {
    if (figures.json()) {
      Figures.printJson(Map.of("scenarios", reports));
      return;
    }
    List<Map<String, Object>> rows = new ArrayList<>();
    for (RecoveryReport report : reports) {
      report.faults().stream()
          .map(Fault::kind)
          .distinct()
          .forEach(kind -> rows.add(row(report, kind)));
    }
    figures.print("faults", rows);
    for (RecoveryReport report : reports) {
      System.out.println();
      System.out.println(report.scenario() + (report.sound() ? ": sound" : ": NOT SOUND"));
      Map<String, Object> oracles = new LinkedHashMap<>();
      oracles.put("committed steps", report.steps());
      oracles.put("committed steps lost", report.lostSteps());
      oracles.put(
          "samples against the plan",
          report.ledgerDifference().isEmpty() ? "equal" : report.ledgerDifference());
      oracles.put("ranks' states", report.stateHashes() == 1 ? "equal" : "differ");
      oracles.put("largest difference of a loss", report.lossDifference());
      oracles.put("largest difference of a weight", report.weightDifference());
      oracles.put("L2 distance of all weights, relative", report.weightDistance());
      oracles.putAll(report.figures());
      figures.print(oracles);
      report.violations().forEach(violation -> System.out.println("  violated: " + violation));
    }
  }

  private static Map<String, Object> row(RecoveryReport report, String kind) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("scenario", report.scenario());
    row.put("fault", kind);
    row.put("times", report.faults().stream().filter(fault -> fault.kind().equals(kind)).count());
    row.put("median_s", report.quantile(kind, 0.5));
    row.put("p99_s", report.quantile(kind, 0.99));
    row.put("detect_s", phase(report, kind, Fault::detect));
    row.put("regroup_s", phase(report, kind, Fault::regroup));
    row.put("join_s", phase(report, kind, Fault::join));
    row.put("transfer_s", phase(report, kind, Fault::transfer));
    row.put("redo_s", phase(report, kind, Fault::redo));
    row.put("step_s", phase(report, kind, Fault::stepTime));
    return row;
  }

  /** The median of a phase over the faults of a kind. */
  private static double phase(
      RecoveryReport report, String kind, java.util.function.ToDoubleFunction<Fault> phase) {
    double[] times =
        report.faults().stream()
            .filter(fault -> fault.kind().equals(kind))
            .mapToDouble(phase)
            .filter(time -> !Double.isNaN(time))
            .sorted()
            .toArray();
    return times.length == 0 ? Double.NaN : times[times.length / 2];
  }
}
