package dev.troupe.runtime.train;

import dev.troupe.data.stream.TrainingData;
import dev.troupe.runtime.settings.TrainSettings;

/**
 * What is due when epochs end: a pure function of the settings and the plan, so that every rank
 * knows it without being told.
 */
final class EpochDuties {
  private final TrainSettings settings;
  private final TrainingData data;
  private final int epochs;

  EpochDuties(TrainSettings settings, TrainingData data) {
    this.settings = settings;
    this.data = data;
    this.epochs = settings.optimization().epochs();
  }

  /** Whole epochs within the first {@code committedSteps} steps. */
  int completedEpochs(long committedSteps) {
    return committedSteps == 0
        ? 0
        : (int) (data.samplesAfter(committedSteps - 1) / data.samplesPerEpoch());
  }

  /** OpenCLIP's {@code --val-frequency}. */
  boolean evaluates(int completedEpochs) {
    return settings.data().valData().isPresent()
        && due(completedEpochs, settings.checkpoints().valFrequency(), false);
  }

  /** OpenCLIP's {@code --save-frequency} and {@code --save-most-recent}. */
  boolean saves(int completedEpochs) {
    return settings.checkpoints().saveMostRecent()
        || due(completedEpochs, settings.checkpoints().saveFrequency(), true);
  }

  private boolean due(int completedEpochs, int frequency, boolean lastAnyway) {
    boolean last = completedEpochs == epochs;
    return (last && (lastAnyway || frequency > 0))
        || (frequency > 0 && completedEpochs % frequency == 0);
  }

  /** Whether {@code --save-every-steps} asks for a checkpoint after so many steps. */
  boolean savesAtStep(long committedSteps) {
    return settings
        .checkpoints()
        .saveEverySteps()
        .map(every -> committedSteps % every == 0)
        .orElse(false);
  }
}
