package dev.troupe.data.stream;

import dev.troupe.data.sample.SkippedSample;
import java.util.function.Consumer;

/**
 * How streams run.
 *
 * @param decoders {@code --workers}: samples that are decoded at the same time, over all streams of
 *     the process
 * @param slicesAhead finished slices that wait for a slow consumer, per stream
 * @param maxSkipRate part of the samples that may be broken before the run stops with the reason
 * @param onSkipped called once for each sample that is left out, when its slice is handed over
 */
public record StreamSpec(
    int decoders, int slicesAhead, double maxSkipRate, Consumer<SkippedSample> onSkipped) {
  public StreamSpec {
    if (decoders < 1) {
      throw new DataException("workers: " + decoders + " (expected: >= 1)");
    }
    if (slicesAhead < 1) {
      throw new DataException("slices ahead: " + slicesAhead + " (expected: >= 1)");
    }
    if (!(maxSkipRate >= 0 && maxSkipRate <= 1)) {
      throw new DataException("max-skip-rate: " + maxSkipRate + " (expected: from 0 to 1)");
    }
  }

  /** All cores, two slices ahead, 1% of broken samples. */
  public static StreamSpec defaults() {
    return new StreamSpec(Runtime.getRuntime().availableProcessors(), 2, 0.01, skipped -> {});
  }

  public StreamSpec withDecoders(int value) {
    return new StreamSpec(value, slicesAhead, maxSkipRate, onSkipped);
  }

  public StreamSpec withSlicesAhead(int value) {
    return new StreamSpec(decoders, value, maxSkipRate, onSkipped);
  }

  public StreamSpec withSkips(double maxRate, Consumer<SkippedSample> listener) {
    return new StreamSpec(decoders, slicesAhead, maxRate, listener);
  }
}
