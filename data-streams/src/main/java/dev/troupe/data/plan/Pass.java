package dev.troupe.data.plan;

import java.util.Arrays;

/**
 * One pass over a data set: its samples in a shuffled order that can be entered anywhere.
 *
 * <p>Four steps, each computable for a single position:
 *
 * <ol>
 *   <li><b>Visits</b>: the shards in random order (or drawn with replacement), their samples laid
 *       end to end.
 *   <li><b>Blocks</b>: successive shards that hold at least {@link #BLOCK} samples together;
 *       samples are permuted inside a block.
 *   <li><b>Lanes</b>: the sequence is cut into equal parts that are read side by side.
 *   <li><b>Rows</b>: one sample of each lane in turn. {@link #select} hands a run of positions out
 *       lane by lane, so that neighbouring ranks read neighbouring lanes and a shard is open on few
 *       ranks.
 * </ol>
 */
final class Pass {
  /** Smallest number of samples that are shuffled together, as far as there are that many. */
  static final int BLOCK = 4096;

  private final long number;
  private final long seed;
  private final int[] shards;
  private final long[] starts;
  private final int[] blocks;
  private final int lanes;
  private final boolean repeats;

  /**
   * @param number number of the pass, from 0
   * @param seed seed of the run
   * @param shards shard of each visit
   * @param starts position at which each visit starts, and at the end the number of samples
   * @param maxLanes upper bound on the lanes
   * @param repeats whether a shard may be visited more than once
   */
  Pass(long number, long seed, int[] shards, long[] starts, int maxLanes, boolean repeats) {
    this.number = number;
    this.seed = seed;
    this.shards = shards;
    this.starts = starts;
    this.blocks = blocks(starts);
    this.lanes = Math.max(1, Math.min(maxLanes, blocks.length - 1));
    this.repeats = repeats;
  }

  /** First visit of each block, and at the end the number of visits. */
  private static int[] blocks(long[] starts) {
    int visits = starts.length - 1;
    int[] first = new int[visits + 1];
    int n = 0;
    for (int v = 0; v < visits; ) {
      first[n++] = v;
      long end = starts[v] + BLOCK;
      while (v < visits && starts[v] < end) {
        v++;
      }
    }
    // What is left at the end may be a few samples: they are shuffled with the block before.
    if (n > 1 && starts[visits] - starts[first[n - 1]] < BLOCK / 2) {
      n--;
    }
    first[n] = visits;
    return Arrays.copyOf(first, n + 1);
  }

  long size() {
    return starts[starts.length - 1];
  }

  int lanes() {
    return lanes;
  }

  /**
   * The part [from, to) of the positions [x, y), in the order lane by lane.
   *
   * @param x first position of the run, in the pass
   * @param y end of the run
   * @param from first wanted sample of the run, in [0, y - x]
   * @param to end of the wanted samples
   */
  void select(long x, long y, long from, long to, PickSink sink) {
    long before = 0;
    for (int lane = 0; lane < lanes && before < to; lane++) {
      long first = rows(x, lane);
      long count = rows(y, lane) - first;
      long a = Math.max(from, before) - before;
      long b = Math.min(to, before + count) - before;
      if (a < b) {
        pick(laneStart(lane) + first + a, laneStart(lane) + first + b, sink);
      }
      before += count;
    }
  }

  /** Samples of a lane among the first x positions. */
  private long rows(long x, int lane) {
    return (x + lanes - 1 - lane) / lanes;
  }

  private long laneStart(int lane) {
    return lane * (size() / lanes) + Math.min(lane, size() % lanes);
  }

  /**
   * Hands out the samples at [from, to) of the sequence of visits, permuted inside their blocks.
   */
  private void pick(long from, long to, PickSink sink) {
    for (long position = from; position < to; ) {
      int block = indexOf(visitAt(position));
      long start = starts[blocks[block]];
      long end = starts[blocks[block + 1]];
      Permutation order = new Permutation(end - start, Mix.seed(seed, number, block));
      for (long stop = Math.min(end, to); position < stop; position++) {
        long shuffled = start + order.at(position - start);
        int visit = visitAt(shuffled);
        int shard = shards[visit];
        int ordinal = (int) (shuffled - starts[visit]);
        long sampleSeed = Mix.seed(seed, number, shard, ordinal, repeats ? visit : -1);
        sink.pick(shard, ordinal, sampleSeed);
      }
    }
  }

  private int visitAt(long position) {
    int visit = Arrays.binarySearch(starts, position);
    return visit >= 0 ? visit : -visit - 2;
  }

  private int indexOf(int visit) {
    int block = Arrays.binarySearch(blocks, visit);
    return block >= 0 ? block : -block - 2;
  }
}
