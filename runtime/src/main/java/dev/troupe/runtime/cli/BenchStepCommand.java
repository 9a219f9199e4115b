package dev.troupe.runtime.cli;

import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ClipModels;
import dev.troupe.nn.model.ModelConfigs;
import dev.troupe.nn.optim.AdamWSettings;
import dev.troupe.nn.torch.Torch;
import dev.troupe.nn.train.Precision;
import dev.troupe.nn.train.StepBenchmark;
import dev.troupe.nn.train.TrainerSettings;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code troupe bench step}. */
@Command(
    name = "step",
    description = "Times training steps (forward, backward, AdamW) on synthetic inputs.",
    footer = {
      "%nExample:",
      "  ./troupe bench step --model ViT-B-32 --batch-size 32 --threads 2",
      ""
    })
final class BenchStepCommand implements Callable<Integer> {
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

  @Option(names = "--threads", paramLabel = "N", description = "CPU threads. [all cores]")
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
  public Integer call() {
    Torch.load();
    TrainerSettings defaults = TrainerSettings.defaults(AdamWSettings.defaults(model), 0);
    TrainerSettings settings =
        new TrainerSettings(
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
    ClipModel clip = ClipModels.create(ModelConfigs.load(model));
    clip.initialize();
    StepBenchmark.Result result = StepBenchmark.run(clip, settings, batchSize, steps, threads);
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
    return 0;
  }
}
