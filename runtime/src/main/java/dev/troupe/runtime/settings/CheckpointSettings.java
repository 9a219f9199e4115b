package dev.troupe.runtime.settings;

import dev.troupe.runtime.settings.Setting.Kind;
import java.util.Optional;

/** When the run is evaluated and saved, and from where it goes on. */
@SettingGroup("Evaluating, saving, resuming")
public record CheckpointSettings(
    @Setting(
            value = "Evaluate on --val-data every N epochs and after the last; 0: never.",
            byDefault = "1",
            min = 0,
            label = "N")
        int valFrequency,
    @Setting(
            value = "Evaluate zero-shot every N epochs and after the last; 0: never.",
            byDefault = "2",
            min = 0,
            label = "N")
        int zeroshotFrequency,
    @Setting(
            value = "Take a checkpoint every N epochs and after the last; 0: only after the last.",
            byDefault = "1",
            min = 0,
            label = "N")
        int saveFrequency,
    @Setting(value = "Take a checkpoint every N steps too.", min = 1, label = "N")
        Optional<Long> saveEverySteps,
    @Setting(value = "Take a checkpoint every N minutes too.", min = 0, label = "N")
        Optional<Double> saveEveryMinutes,
    @Setting(value = "Checkpoints kept, the newest; 0: all.", byDefault = "0", min = 0, label = "N")
        int keepCheckpoints,
    @Setting("Take a checkpoint after every epoch, whatever --save-frequency says.")
        boolean saveMostRecent,
    @Setting("Delete the previous checkpoint once a new one is whole.")
        boolean deletePreviousCheckpoint,
    @Setting(
            value = "Store checkpoints here too: s3://BUCKET/PREFIX or a folder.",
            label = "URL|DIR",
            kind = Kind.PATH)
        Optional<String> remoteSync,
    @Setting(
            value =
                "Go on from a checkpoint: latest (the newest whole one of this run) or a folder or"
                    + " address.",
            label = "latest|DIR",
            kind = Kind.NAME_OR_PATH)
        Optional<String> resume) {}
