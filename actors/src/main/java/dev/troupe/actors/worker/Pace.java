package dev.troupe.actors.worker;

import dev.troupe.actors.task.StepReport;
import java.util.Arrays;

/**
 * How a worker gets on, written by its native thread and read by its actor: medians over the last
 * steps of this generation, so that one slow step (an evaluation, a checkpoint) does not count.
 */
final class Pace {
  private static final int WINDOW = 21;

  private final double[] step = new double[WINDOW];
  private final double[] own = new double[WINDOW];
  private long steps;
  private double loss = Double.NaN;
  private long committedSteps;

  /** What the actor sees. {@code stepSeconds} and {@code ownSeconds} are NaN before a step. */
  record Reading(
      long steps, long committedSteps, double loss, double stepSeconds, double ownSeconds) {}

  synchronized void restart(long committed) {
    steps = 0;
    committedSteps = committed;
  }

  synchronized void stepped(StepReport report, long committed) {
    int slot = (int) (steps++ % WINDOW);
    step[slot] = report.seconds();
    own[slot] = Math.max(0, report.seconds() - report.waitSeconds());
    loss = report.loss();
    committedSteps = committed;
  }

  synchronized long steps() {
    return steps;
  }

  synchronized Reading read() {
    return new Reading(steps, committedSteps, loss, median(step), median(own));
  }

  private double median(double[] values) {
    int count = (int) Math.min(steps, WINDOW);
    if (count == 0) {
      return Double.NaN;
    }
    double[] sorted = Arrays.copyOf(values, count);
    Arrays.sort(sorted);
    return sorted[count / 2];
  }
}
