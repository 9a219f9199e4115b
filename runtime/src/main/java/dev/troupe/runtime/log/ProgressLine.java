package dev.troupe.runtime.log;

import java.time.Duration;
import java.util.Locale;

/** The status line of a training run: where it is, how it does, how long it will take. */
final class ProgressLine {
  private static final double KEEP = 0.9;
  private static final int BAR = 20;

  private final int epochs;
  private double seconds = Double.NaN;
  private double dataSeconds = Double.NaN;

  ProgressLine(int epochs) {
    this.epochs = epochs;
  }

  /** The line after a step. */
  String line(StepMetrics step) {
    seconds = smooth(seconds, step.seconds());
    dataSeconds = smooth(dataSeconds, step.dataSeconds());
    long done = step.step() + 1;
    long left = (long) ((step.totalSteps() - done) * seconds);
    return String.format(
        Locale.ROOT,
        "epoch %d/%d  step %d/%d %s  loss %.4f  %.0f samples/s  data wait %.0f%%%s  ETA %s",
        step.epoch() + 1,
        epochs,
        done,
        step.totalSteps(),
        bar((double) done / step.totalSteps()),
        step.loss(),
        step.globalBatch() / seconds,
        100 * dataSeconds / seconds,
        step.worldSize() == 1 ? "" : "  " + step.worldSize() + " workers",
        duration(left));
  }

  private static double smooth(double before, double now) {
    return Double.isNaN(before) ? now : KEEP * before + (1 - KEEP) * now;
  }

  private static String bar(double share) {
    int full = (int) (share * BAR);
    return "[" + "#".repeat(full) + ".".repeat(BAR - full) + "]";
  }

  /** {@code 1:02:03} or {@code 2:03}. */
  static String duration(long seconds) {
    Duration time = Duration.ofSeconds(seconds);
    return time.toHours() > 0
        ? "%d:%02d:%02d".formatted(time.toHours(), time.toMinutesPart(), time.toSecondsPart())
        : "%d:%02d".formatted(time.toMinutes(), time.toSecondsPart());
  }
}
