package dev.troupe.data.verify;

/**
 * Least, middle, mean and largest of whole numbers.
 *
 * @param min least, 0 if there are none
 * @param median middle; numbers beyond 65,535 count as that
 * @param mean mean
 * @param max largest
 */
public record Spread(long min, long median, double mean, long max) {

  /** Gathers numbers of 0 and more. */
  static final class Gatherer {
    private final long[] histogram = new long[1 << 16];
    private long n;
    private long sum;
    private long min = Long.MAX_VALUE;
    private long max;

    synchronized void add(long value) {
      histogram[(int) Math.min(value, histogram.length - 1)]++;
      n++;
      sum += value;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }

    synchronized Spread spread() {
      if (n == 0) {
        return new Spread(0, 0, 0, 0);
      }
      int median = 0;
      for (long below = histogram[0]; 2 * below < n; below += histogram[++median]) {
        // The first value that half of all do not exceed.
      }
      return new Spread(min, median, (double) sum / n, max);
    }
  }
}
