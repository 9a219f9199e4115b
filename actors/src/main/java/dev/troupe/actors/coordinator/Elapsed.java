package dev.troupe.actors.coordinator;

import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** Durations on the clock of {@link System#nanoTime}. */
final class Elapsed {

  private Elapsed() {}

  /** Milliseconds since a reading of the clock; very long since one that never was, 0. */
  static long millisSince(long nanos) {
    return nanos == 0
        ? Long.MAX_VALUE / 2
        : TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
  }

  /** For people. */
  static String seconds(long millis) {
    return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
  }
}
