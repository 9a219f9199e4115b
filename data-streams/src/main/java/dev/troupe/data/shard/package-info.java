/**
 * Shards: which there are, what they hold, and whether that is sound.
 *
 * <p>Start at {@link dev.troupe.data.shard.ShardList}, which expands a location into addresses,
 * {@link dev.troupe.data.shard.ShardCounts}, which finds how many samples each holds, and {@link
 * dev.troupe.data.shard.ShardIndex}, the places of all samples of one. {@code TarScanner} finds the
 * files in a tar and {@code SampleGrouper} makes samples of them. {@link
 * dev.troupe.data.shard.ShardIndexer} writes the indexes of a whole data set.
 */
package dev.troupe.data.shard;
