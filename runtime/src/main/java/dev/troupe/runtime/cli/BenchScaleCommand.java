package dev.troupe.runtime.cli;

import dev.troupe.runtime.bench.scale.ScaleBenchmark;
import dev.troupe.runtime.bench.scale.ScalePhase;
import dev.troupe.runtime.log.Logging;
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
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code troupe bench scale}. */
@Command(
    name = "scale",
    description = {
      "Takes thousands of simulated workers through a run with one real coordinator: all join, step"
          + " along, one in a hundred is lost, replacements join, a whole process is killed, then the"
          + " coordinator itself.",
      "Nodes, workers, messages and transport are real, in a few processes on this machine; what a"
          + " worker computes is left out. Prints what each phase took, and what it cost the"
          + " coordinator's process."
    },
    footer = {
      "%nExamples:",
      "  ./troupe bench scale --workers 256,1024,4096",
      "  ./troupe bench scale --workers 4096 --nodes 64 --processes 8 --json",
      ""
    })
final class BenchScaleCommand implements Callable<Integer> {
  @Option(
      names = "--workers",
      paramLabel = "N,…",
      hideParamSyntax = true,
      split = ",",
      defaultValue = "256,1024,4096",
      description = "Simulated workers, one run for each number. [${DEFAULT-VALUE}]")
  private int[] workers;

  @Option(
      names = "--nodes",
      paramLabel = "N",
      defaultValue = "8",
      description = "Nodes of the cluster that have them. [${DEFAULT-VALUE}]")
  private int nodes;

  @Option(
      names = "--processes",
      paramLabel = "N",
      defaultValue = "4",
      description = "Processes that have the nodes. [${DEFAULT-VALUE}]")
  private int processes;

  @Option(
      names = "--step-seconds",
      paramLabel = "S",
      defaultValue = "1",
      description = "Duration of a step. [${DEFAULT-VALUE}]")
  private double stepSeconds;

  @Option(
      names = "--steady-seconds",
      paramLabel = "S",
      defaultValue = "30",
      description = "How long the steady state is watched. [${DEFAULT-VALUE}]")
  private double steadySeconds;

  @Mixin private Figures figures;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    check();
    Logging.toTerminal(false);
    List<ScalePhase> phases = new ArrayList<>();
    for (int count : workers) {
      Path folder = Files.createTempDirectory("troupe-scale-");
      ScaleBenchmark.Plan plan =
          new ScaleBenchmark.Plan(
              count, nodes, processes, seconds(stepSeconds), seconds(steadySeconds));
      try (ScaleBenchmark benchmark = new ScaleBenchmark(plan, folder)) {
        phases.addAll(benchmark.run());
      }
    }
    print(phases);
    return 0;
  }

  private void check() {
    require(processes >= 2, "--processes", processes, ">= 2: one of them is killed");
    require(
        nodes >= processes && nodes % processes == 0,
        "--nodes",
        nodes,
        "a multiple of --processes");
    for (int count : workers) {
      require(count >= nodes && count % nodes == 0, "--workers", count, "a multiple of --nodes");
    }
    require(stepSeconds > 0, "--step-seconds", stepSeconds, "> 0");
    require(steadySeconds > 0, "--steady-seconds", steadySeconds, "> 0");
  }

  private void require(boolean holds, String option, Object value, String expected) {
    if (!holds) {
      throw new ParameterException(
          spec.commandLine(), option + ": " + value + " (expected: " + expected + ")");
    }
  }

  private static Duration seconds(double seconds) {
    return Duration.ofNanos((long) (seconds * 1e9));
  }

  private void print(List<ScalePhase> phases) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (ScalePhase phase : phases) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("workers", phase.workers());
      row.put("phase", phase.name());
      row.put("seconds", phase.seconds());
      row.put("regroup_ms", phase.regroupMillis());
      row.put("join_ms", phase.joinMillis());
      row.put("generations", phase.generations());
      row.put("messages", phase.messages());
      row.put("messages_s", phase.messagesPerSecond());
      row.put("cpu_s", phase.cpuSeconds());
      row.put("cores", phase.cpuShare());
      row.put("heap_mib", phase.heapMiB());
      row.put("rss_mib", phase.residentMiB());
      rows.add(row);
    }
    figures.print("phases", rows);
  }
}
