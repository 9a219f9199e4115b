package dev.troupe.data.stream;

/**
 * A data set in its own order, for evaluation and embedding: every sample once, shard after shard,
 * the last batch short.
 */
public interface ValidationData extends AutoCloseable {
  /** Samples in the data set. */
  long samples();

  /**
   * Opens the part {@code [rank·n/worldSize, (rank+1)·n/worldSize)} (rounded down) of the n
   * samples, cut into batches; their {@link Slice#step} counts from 0.
   */
  SliceStream open(int batchSize, int rank, int worldSize);

  @Override
  void close();
}
