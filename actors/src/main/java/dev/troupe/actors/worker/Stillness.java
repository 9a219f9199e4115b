package dev.troupe.actors.worker;

import java.util.concurrent.TimeUnit;

/** How long a worker has stood still: no step, no progress within one. */
final class Stillness {
  private long mark = Long.MIN_VALUE;
  private long sinceNanos;

  /** Looks again; {@code steps} and {@code progress} only ever grow while the worker gets on. */
  void look(long steps, long progress, long nowNanos) {
    long seen = steps * 1_000_003 + progress;
    if (seen != mark) {
      mark = seen;
      sinceNanos = nowNanos;
    }
  }

  void restart(long nowNanos) {
    mark = Long.MIN_VALUE;
    sinceNanos = nowNanos;
  }

  long millis(long nowNanos) {
    return TimeUnit.NANOSECONDS.toMillis(nowNanos - sinceNanos);
  }
}
