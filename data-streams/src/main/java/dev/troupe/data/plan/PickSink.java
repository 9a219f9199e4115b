package dev.troupe.data.plan;

/** Takes the samples of a plan, one by one. */
@FunctionalInterface
public interface PickSink {
  /**
   * @param shard index of the shard in the data set
   * @param ordinal number of the sample in its shard, from 0
   * @param sampleSeed seed of the sample's random choices in this pass
   */
  void pick(int shard, int ordinal, long sampleSeed);
}
