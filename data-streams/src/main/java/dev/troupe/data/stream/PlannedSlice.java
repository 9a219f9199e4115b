package dev.troupe.data.stream;

/**
 * Which samples make up one slice.
 *
 * @param step the step, or the number of the batch in an evaluation
 * @param shards shard of each sample
 * @param ordinals number of each sample in its shard
 * @param seeds seed of each sample's random choices
 */
record PlannedSlice(long step, int[] shards, int[] ordinals, long[] seeds) {
  int size() {
    return shards.length;
  }
}
