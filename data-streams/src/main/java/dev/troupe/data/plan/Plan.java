package dev.troupe.data.plan;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which samples make up which global batch: a pure function of (data set, seed, step, global
 * batch).
 *
 * <p>The passes follow one another without a gap and are cut into global batches; rank r of W takes
 * positions {@code [r·n/W, (r+1)·n/W)} of a batch of n. An epoch is a number of samples, as a rule
 * those of one pass. Thread-safe.
 */
public final class Plan {
  /**
   * Samples of a global batch that one lane gives, so that a rank of usual size reads few shards.
   */
  static final int LANE_SHARE = 32;

  private static final int KEPT_PASSES = 3;

  private final int[] counts;
  private final double[] weights;
  private final long seed;
  private final long epochs;
  private final long epochSize;
  private final long passSize;
  private final int globalBatch;
  private final Map<Long, Pass> passes = new LinkedHashMap<>(8, 0.75f, true);

  private Plan(
      int[] counts,
      double[] weights,
      long seed,
      int epochs,
      long epochSize,
      long passSize,
      int globalBatch) {
    this.counts = counts;
    this.weights = weights;
    this.seed = seed;
    this.epochs = epochs;
    this.epochSize = epochSize;
    this.passSize = passSize;
    this.globalBatch = globalBatch;
  }

  /**
   * Every sample once a pass.
   *
   * @param counts samples of each shard; at least one in all
   * @param epochSize samples of an epoch; 0 for those of a pass
   */
  public static Plan withoutReplacement(
      int[] counts, long seed, int epochs, long epochSize, int globalBatch) {
    long size = Arrays.stream(counts).asLongStream().sum();
    return new Plan(
        counts, null, seed, epochs, epochSize > 0 ? epochSize : size, size, globalBatch);
  }

  /**
   * Shards are drawn with replacement, each with its weight, and read whole; a pass is an epoch.
   *
   * @param counts samples of each shard
   * @param weights weight of each shard, not all 0 ({@code --train-data-upsampling-factors})
   * @param epochSize samples of an epoch
   */
  public static Plan withReplacement(
      int[] counts, double[] weights, long seed, int epochs, long epochSize, int globalBatch) {
    return new Plan(counts, weights, seed, epochs, epochSize, epochSize, globalBatch);
  }

  public long samplesPerEpoch() {
    return epochSize;
  }

  public long totalSteps() {
    return (epochs * epochSize + globalBatch - 1) / globalBatch;
  }

  /** Samples up to and including the global batch of a step. */
  public long samplesAfter(long step) {
    return Math.min((step + 1) * globalBatch, epochs * epochSize);
  }

  public int globalBatch(long step) {
    return (int) (samplesAfter(step) - step * globalBatch);
  }

  /** Epoch of the last sample of a step's global batch. */
  public int epochOf(long step) {
    return (int) ((samplesAfter(step) - 1) / epochSize);
  }

  public boolean endsEpoch(long step) {
    return samplesAfter(step) / epochSize > step * globalBatch / epochSize;
  }

  /** Number of samples of a rank in the global batch of a step. */
  public int sliceSize(long step, int rank, int worldSize) {
    long n = globalBatch(step);
    return (int) ((rank + 1) * n / worldSize - rank * n / worldSize);
  }

  /** Hands out a rank's samples of the global batch of a step, in their order. */
  public void slice(long step, int rank, int worldSize, PickSink sink) {
    long n = globalBatch(step);
    long from = rank * n / worldSize;
    long to = (rank + 1) * n / worldSize;
    long start = step * globalBatch;
    // A batch may hold the end of one pass and the start of the next, or several small passes.
    for (long at = 0; at < to; ) {
      long pass = (start + at) / passSize;
      long x = (start + at) % passSize;
      long length = Math.min(passSize - x, n - at);
      if (at + length > from) {
        pass(pass).select(x, x + length, Math.max(0, from - at), Math.min(length, to - at), sink);
      }
      at += length;
    }
  }

  private Pass pass(long number) {
    synchronized (passes) {
      Pass pass = passes.computeIfAbsent(number, this::build);
      if (passes.size() > KEPT_PASSES) {
        passes.remove(passes.keySet().iterator().next());
      }
      return pass;
    }
  }

  private Pass build(long number) {
    int[] shards = weights == null ? shuffle(number) : draw(number);
    long[] starts = new long[shards.length + 1];
    for (int v = 0; v < shards.length; v++) {
      starts[v + 1] = Math.min(passSize, starts[v] + counts[shards[v]]);
    }
    int lanes = Math.max(1, globalBatch / LANE_SHARE);
    return new Pass(number, seed, shards, starts, lanes, weights != null);
  }

  private int[] shuffle(long number) {
    Permutation order = new Permutation(counts.length, Mix.seed(seed, number));
    int[] shards = new int[counts.length];
    int n = 0;
    for (int i = 0; i < counts.length; i++) {
      int shard = (int) order.at(i);
      if (counts[shard] > 0) {
        shards[n++] = shard;
      }
    }
    return Arrays.copyOf(shards, n);
  }

  /** Draws shards until they hold a pass together; the last one is cut. */
  private int[] draw(long number) {
    double[] cumulative = new double[weights.length];
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      sum += counts[i] > 0 ? weights[i] : 0;
      cumulative[i] = sum;
    }
    long drawSeed = Mix.seed(seed, number);
    int[] shards = new int[1024];
    int n = 0;
    for (long samples = 0; samples < passSize; ) {
      // The first shard whose cumulative weight exceeds the draw: shards of weight 0 are never it.
      double draw = Mix.uniform(drawSeed, n) * sum;
      int low = 0;
      int high = cumulative.length - 1;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (cumulative[middle] > draw) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      if (n == shards.length) {
        shards = Arrays.copyOf(shards, 2 * n);
      }
      shards[n++] = low;
      samples += counts[low];
    }
    return Arrays.copyOf(shards, n);
  }
}
