package dev.troupe.data.sample;

/**
 * The random choices of one sample, all from its seed (SplitMix64: Steele, Lea, Flood 2014). Its
 * sequence is fixed, so that a sample is transformed alike by every release and on every platform.
 */
public final class SampleRandom {
  private static final long GOLDEN_GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  public SampleRandom(long seed) {
    state = seed;
  }

  /** 64 random bits. */
  public long nextLong() {
    state += GOLDEN_GAMMA;
    long z = state;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** A number from 0 up to but without 1. */
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1.0p-53;
  }

  /** A number from {@code low} to {@code high}. */
  public double uniform(double low, double high) {
    return low + (high - low) * nextDouble();
  }

  /** An integer from 0 up to but without {@code bound}, all equally likely. */
  public int below(int bound) {
    // The high word of a 64-bit product: its bias, bound / 2^64, is out of reach of any sample.
    return (int) Math.multiplyHigh(nextLong() >>> 1, 2L * bound);
  }

  /** A number from the normal distribution of mean 0 and deviation 1 (Box-Muller). */
  public double gaussian() {
    double radius = Math.sqrt(-2 * Math.log(1 - nextDouble()));
    return radius * Math.cos(2 * Math.PI * nextDouble());
  }
}
