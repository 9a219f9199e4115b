package dev.troupe.runtime.settings;

import dev.troupe.runtime.settings.Setting.Kind;
import java.util.Optional;

/** What the run writes and where. */
@SettingGroup("Output")
public record LogSettings(
    @Setting(
            value = "Folder of runs; none: write nothing, keep nothing.",
            byDefault = "./logs/",
            label = "DIR",
            kind = Kind.PATH)
        String logs,
    @Setting(value = "The run's name (default: from the time and main settings).", label = "NAME")
        Optional<String> name,
    @Setting(value = "Log every N steps.", byDefault = "100", min = 1, label = "N")
        int logEveryNSteps,
    @Setting(
            value = "tensorboard writes event files under LOGS/NAME/tensorboard.",
            byDefault = "",
            label = "WHERE")
        Optional<String> reportTo,
    @Setting("Write the samples of every committed step to samples.jsonl.") boolean sampleLedger,
    @Setting("Log more.") boolean debug) {

  /** Whether TensorBoard event files are asked for. */
  public boolean tensorboard() {
    return reportTo.map(to -> to.contains("tensorboard") || to.contains("all")).orElse(false);
  }

  /** Whether the run writes files at all; without, there are no checkpoints either. */
  public boolean writesFiles() {
    return !logs.equalsIgnoreCase("none");
  }
}
