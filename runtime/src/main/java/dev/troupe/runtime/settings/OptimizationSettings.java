package dev.troupe.runtime.settings;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Batches, schedule and optimizer. */
@SettingGroup("Optimization")
public record OptimizationSettings(
    @Setting(
            value =
                "Samples of each step over all workers; constant whatever the number of workers.",
            min = 1,
            label = "N")
        Optional<Integer> globalBatchSize,
    @Setting(
            value =
                "In place of --global-batch-size: samples of each worker at the start (times"
                    + " --accum-freq).",
            byDefault = "64",
            min = 1,
            label = "N")
        int batchSize,
    @Setting(
            value = "Cut each worker's samples into K micro-batches, exactly.",
            byDefault = "1",
            min = 1,
            label = "K")
        int accumFreq,
    @Setting(
            value = "Largest micro-batch that the device holds; larger shares accumulate.",
            min = 1,
            label = "N")
        Optional<Integer> maxMicroBatch,
    @Setting(value = "Passes over the data.", byDefault = "32", min = 1, label = "N") int epochs,
    @Setting(
            value = "Epochs of cool-down at the end, with --lr-scheduler const-cooldown.",
            min = 1,
            label = "N")
        Optional<Integer> epochsCooldown,
    @Setting(value = "Peak learning rate.", byDefault = "5e-4", min = 0, label = "X") double lr,
    @Setting(value = "Adam's beta 1.", byDefault = "0.9", min = 0, max = 0.9999999, label = "X")
        double beta1,
    @Setting(
            value = "Adam's beta 2 (default: 0.98 if the model's name holds vit, else 0.999).",
            min = 0,
            max = 0.9999999,
            label = "X")
        double beta2,
    @Setting(
            value = "Adam's epsilon (default: 1e-6 if the model's name holds vit, else 1e-8).",
            min = 0,
            label = "X")
        double eps,
    @Setting(value = "Weight decay.", byDefault = "0.2", min = 0, label = "X") double wd,
    @Setting(value = "Steps of warm-up.", byDefault = "10000", min = 0, label = "N") int warmup,
    @Setting(value = "Optimizer.", byDefault = "adamw") Optimizer opt,
    @Setting(value = "Learning-rate schedule.", byDefault = "cosine") LrScheduler lrScheduler,
    @Setting(
            value = "Learning rate at the end of the cool-down.",
            byDefault = "0",
            min = 0,
            label = "X")
        double lrCooldownEnd,
    @Setting(value = "Power of the cool-down's polynomial.", byDefault = "1", min = 0, label = "X")
        double lrCooldownPower,
    @Setting("Keep the learning rate constant at --lr, without warm-up.") boolean skipScheduler,
    @Setting(value = "Clip the gradient's L2 norm to this.", min = 0, label = "X")
        Optional<Double> gradClipNorm,
    @Setting(value = "Random seed.", byDefault = "0", min = 0, label = "N") long seed) {

  /** OpenCLIP's defaults that go by the model's name (Radford et al. 2021, table 19). */
  static Map<String, String> modelDefaults(String model) {
    return model.toLowerCase(Locale.ROOT).contains("vit")
        ? Map.of("beta2", "0.98", "eps", "1e-6")
        : Map.of("beta2", "0.999", "eps", "1e-8");
  }

  /** OpenCLIP's {@code --opt}. */
  public enum Optimizer {
    ADAMW;

    @Override
    public String toString() {
      return "adamw";
    }
  }

  /** OpenCLIP's {@code --lr-scheduler}. */
  public enum LrScheduler {
    COSINE,
    CONST,
    CONST_COOLDOWN;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }
}
