package dev.troupe.runtime.cli;

import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.GroupSpec;
import dev.troupe.nn.collective.Rendezvous;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ClipModels;
import dev.troupe.nn.model.ModelConfigs;
import dev.troupe.nn.optim.AdamWSettings;
import dev.troupe.nn.torch.Torch;
import dev.troupe.nn.train.Precision;
import dev.troupe.nn.train.StepBenchmark;
import dev.troupe.nn.train.TrainerSettings;
import dev.troupe.nn.train.WorkersBenchmark;
import dev.troupe.runtime.bench.JvmProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code troupe bench step}. */
@Command(
    name = "step",
    description = {
      "Times training steps (forward, backward, AdamW) on synthetic inputs.",
      "With --workers above 1, that many processes on this machine share each step, in turns with"
          + " one worker of as many threads as all of them have."
    },
    footer = {
      "%nExamples:",
      "  ./troupe bench step --model ViT-B-32 --batch-size 32 --threads 2",
      "  ./troupe bench step --workers 2 --threads 1",
      ""
    })
final class BenchStepCommand implements Callable<Integer> {
  private static final String HOST = "127.0.0.1";
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  @Option(
      names = "--model",
      paramLabel = "NAME|FILE",
      defaultValue = "ViT-B-32",
      description = "Model. [${DEFAULT-VALUE}]")
  private String model;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "32",
      description = "Samples a step. [${DEFAULT-VALUE}]")
  private int batchSize;

  @Option(
      names = "--steps",
      paramLabel = "N",
      defaultValue = "5",
      description = "Steps timed, after one of warm-up. [${DEFAULT-VALUE}]")
  private int steps;

  @Option(
      names = "--workers",
      paramLabel = "N",
      defaultValue = "1",
      description = "Worker processes. [${DEFAULT-VALUE}]")
  private int workers;

  @Option(
      names = "--turns",
      paramLabel = "N",
      defaultValue = "3",
      description = "Turns of one worker and of all. [${DEFAULT-VALUE}]")
  private int turns;

  @Option(names = "--rank", hidden = true)
  private int rank;

  @Option(names = "--rendezvous", hidden = true)
  private String rendezvous;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "CPU threads of each worker. [all cores]")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "cpu",
      description = "cpu, cuda or cuda:N. [${DEFAULT-VALUE}]")
  private String device;

  @Option(
      names = "--precision",
      paramLabel = "PRECISION",
      defaultValue = "fp32",
      description = "As of train. [${DEFAULT-VALUE}]")
  private String precision;

  @Option(
      names = "--accum-freq",
      paramLabel = "K",
      defaultValue = "1",
      description = "Micro-batches of a step. [${DEFAULT-VALUE}]")
  private int accumFreq;

  @Mixin private Figures figures;

  @Override
  public Integer call() throws CollectiveException, IOException, InterruptedException {
    Torch.load();
    if (workers > 1) {
      together();
    } else {
      alone();
    }
    return 0;
  }

  private void alone() {
    StepBenchmark.Result result = StepBenchmark.run(clip(), settings(), batchSize, steps, threads);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("model", result.model());
    row.put("batch", result.batch());
    row.put("threads", result.threads());
    row.put("samples_per_second", result.samplesPerSecond());
    row.put("forward", result.forward());
    row.put("backward", result.backward());
    row.put("optimizer", result.optimizer());
    row.put("step", result.step());
    figures.print(row);
  }

  private void together() throws CollectiveException, IOException, InterruptedException {
    if (rank > 0) {
      run(rendezvous);
      return;
    }
    List<Process> others = new ArrayList<>();
    try (Rendezvous store = Rendezvous.host(HOST, 0)) {
      for (int other = 1; other < workers; other++) {
        others.add(startWorker(other, store.address()));
      }
      WorkersBenchmark.Result result = run(store.address());
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("model", result.model());
      row.put("batch", result.batch());
      row.put("workers", result.workers());
      row.put("threads_each", result.threads());
      row.put("samples_per_second_of_one", result.batch() / result.alone());
      row.put("samples_per_second_of_all", result.batch() / result.together());
      row.put("ratio", result.ratio());
      row.put("forward", result.forward());
      row.put("backward", result.backward());
      row.put("communication", result.communication());
      row.put("optimizer", result.optimizer());
      figures.print(row);
      for (Process other : others) {
        other.waitFor();
      }
    } finally {
      others.forEach(Process::destroyForcibly);
    }
  }

  private WorkersBenchmark.Result run(String address) throws CollectiveException {
    GroupSpec spec = new GroupSpec(device, 1, rank, workers, address, HOST, PATIENCE);
    return WorkersBenchmark.run(clip(), settings(), spec, batchSize, turns, steps, threads);
  }

  private Process startWorker(int other, String address) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("bench", "step", "--model", model));
    arguments.addAll(List.of("--workers", "" + workers, "--rank", "" + other));
    arguments.addAll(List.of("--rendezvous", address, "--device", device));
    arguments.addAll(List.of("--precision", precision, "--accum-freq", "" + accumFreq));
    arguments.addAll(List.of("--batch-size", "" + batchSize, "--threads", "" + threads));
    arguments.addAll(List.of("--steps", "" + steps, "--turns", "" + turns));
    return JvmProcess.of(Main.class, Map.of(), arguments).inheritIO().start();
  }

  private ClipModel clip() {
    ClipModel clip = ClipModels.create(ModelConfigs.load(model));
    clip.initialize();
    return clip;
  }

  private TrainerSettings settings() {
    TrainerSettings defaults = TrainerSettings.defaults(AdamWSettings.defaults(model), 0);
    return new TrainerSettings(
        device,
        Precision.of(precision),
        defaults.optimizer(),
        defaults.loss(),
        accumFreq,
        0,
        0,
        0,
        defaults.mean(),
        defaults.std());
  }
}
