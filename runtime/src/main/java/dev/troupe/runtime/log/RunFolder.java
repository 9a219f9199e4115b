package dev.troupe.runtime.log;

import dev.troupe.runtime.settings.SettingKey;
import dev.troupe.runtime.settings.TrainSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;

/**
 * The folder that a run writes, {@code LOGS/NAME/}.
 *
 * @param name the run's name
 * @param path the folder
 */
public record RunFolder(String name, Path path) {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy_MM_dd-HH_mm_ss");

  /** The folder of a run: by {@code --name}, else named from the time and the main settings. */
  public static RunFolder of(TrainSettings settings, LocalDateTime now) {
    String name = settings.log().name().orElseGet(() -> defaultName(settings, now));
    return new RunFolder(name, Path.of(settings.log().logs()).resolve(name).normalize());
  }

  /** OpenCLIP's {@code DATE-model_M-lr_L-b_B-j_J-p_P}. */
  private static String defaultName(TrainSettings settings, LocalDateTime now) {
    String model = settings.model().model().replaceAll(".*/|\\.json$", "");
    return String.join(
        "-",
        TIME.format(now),
        "model_" + model,
        "lr_" + SettingKey.text(settings.optimization().lr()),
        "b_" + settings.globalBatchSize(),
        "j_" + settings.data().workers(),
        "p_" + settings.device().precision());
  }

  public Path outLog() {
    return path.resolve("out.log");
  }

  public Path params() {
    return path.resolve("params.txt");
  }

  public Path metrics() {
    return path.resolve("metrics.jsonl");
  }

  public Path samples() {
    return path.resolve("samples.jsonl");
  }

  public Path skipped() {
    return path.resolve("skipped.jsonl");
  }

  public Path checkpoints() {
    return path.resolve("checkpoints");
  }

  public Path tensorboard() {
    return path.resolve("tensorboard");
  }

  /** OpenCLIP's place for evaluation results, one row an evaluation. */
  public Path results() {
    return checkpoints().resolve("results.jsonl");
  }

  Path lock() {
    return path.resolve("run.lock");
  }

  /** Whether a run has written here before. */
  public boolean used() {
    return Files.exists(outLog());
  }

  /** The error of starting a new run in a used folder. */
  public RunFolderException usedAlready() {
    return new RunFolderException(
        "%s: holds a run already (expected: another --name, or --resume latest to go on with it)"
            .formatted(path));
  }
}
