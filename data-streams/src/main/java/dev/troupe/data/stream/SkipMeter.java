package dev.troupe.data.stream;

import dev.troupe.data.sample.SkippedSample;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Counts and names broken samples, and says when they are too many.
 *
 * <p>The rate is judged against the samples seen, or against a first stretch (an epoch, 10,000
 * samples at most) while fewer were seen, so that one bad image at the start ends nothing. Data of
 * which nothing was usable ends at once.
 */
final class SkipMeter {
  private static final int STRETCH = 10_000;

  /** So many samples in a row without a usable one, from the start, are enough. */
  private static final int HOPELESS = 64;

  /** A step that is repeated after a failure names its samples once. */
  private static final int REMEMBERED = 10_000;

  private final double maxRate;
  private final long epoch;
  private final Consumer<SkippedSample> onSkipped;
  private final Set<SkippedSample> named = new LinkedHashSet<>();
  private long seen;
  private long skipped;

  /**
   * @param epoch samples of an epoch, or of the whole data set
   */
  SkipMeter(double maxRate, long epoch, Consumer<SkippedSample> onSkipped) {
    this.maxRate = maxRate;
    this.epoch = epoch;
    this.onSkipped = onSkipped;
  }

  /**
   * Takes note of a slice.
   *
   * @param planned samples that it should hold
   * @throws DataException if the run is to end
   */
  synchronized void slice(int planned, List<SkippedSample> broken) {
    seen += planned;
    skipped += broken.size();
    for (SkippedSample sample : broken) {
      if (named.add(sample)) {
        onSkipped.accept(sample);
      }
    }
    Iterator<SkippedSample> oldest = named.iterator();
    while (named.size() > REMEMBERED) {
      oldest.next();
      oldest.remove();
    }
    if (broken.isEmpty()) {
      return;
    }
    SkippedSample last = broken.get(broken.size() - 1);
    if (skipped == seen && seen >= Math.min(HOPELESS, epoch)) {
      throw new DataException(
          String.format(
              "none of the first %d samples is usable; the last one, %s (%s): %s",
              seen, last.sample(), last.shard(), last.reason()));
    }
    if (skipped > maxRate * Math.max(seen, Math.min(epoch, STRETCH))) {
      throw new DataException(
          String.format(
              "%d of %d samples are broken, more than max-skip-rate %s allows; the last one, %s"
                  + " (%s): %s; all are named in skipped.jsonl",
              skipped, seen, maxRate, last.sample(), last.shard(), last.reason()));
    }
  }
}
