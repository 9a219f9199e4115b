package dev.troupe.data.sample;

import java.util.concurrent.CompletableFuture;

/** The shards of a data set, in their order, with the number of samples that is stated for each. */
public interface SampleSource extends AutoCloseable {
  int shards();

  /** Full address of a shard. */
  String url(int shard);

  /** Short name of a shard, unique in the data set. */
  String name(int shard);

  /** Stated samples of each shard: the plan is made of them, whatever the shards hold. */
  int[] counts();

  /** Whether {@link #counts} are guesses, so that a shard that holds fewer is no fault. */
  boolean presumed();

  /** Weight of each shard for drawing with replacement. */
  double[] weights();

  /**
   * Opens a shard, fetching it if it is remote. The result fails with an {@link
   * java.io.IOException} if the shard is lost, or a {@link dev.troupe.data.stream.DataException} if
   * the run cannot go on. Cancelling it withdraws the request.
   */
  CompletableFuture<SampleShard> open(int shard);

  /** Whether another shard may be asked for ahead of need. */
  default boolean hasRoom() {
    return true;
  }

  /** Registers what is to be called when shards that nobody uses should be closed. */
  default void onPressure(Runnable closeUnused) {}

  @Override
  void close();
}
