package dev.troupe.data.plan;

/** Turns coordinates into seeds: the finalizer of SplitMix64 (Steele, Lea and Flood, 2014). */
final class Mix {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private Mix() {}

  /** A seed that changes in half of its bits when any coordinate changes. */
  static long seed(long... coordinates) {
    long h = GOLDEN;
    for (long c : coordinates) {
      h = finish(h ^ finish(c + GOLDEN));
    }
    return h;
  }

  static long finish(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** The i-th number of a stream, uniform in [0, 1). */
  static double uniform(long seed, long i) {
    return (finish(seed + (i + 1) * GOLDEN) >>> 11) * 0x1.0p-53;
  }
}
