/**
 * Streams of slices: the parts of global batches that workers train on.
 *
 * <p>Start at {@link dev.troupe.data.stream.DataFactory}: it makes {@link
 * dev.troupe.data.stream.TrainingData} (in the order of a plan) or {@link
 * dev.troupe.data.stream.ValidationData} (in the order of the data set) of the settings {@link
 * dev.troupe.data.stream.DataSpec}, {@link dev.troupe.data.stream.OrderSpec} and {@link
 * dev.troupe.data.stream.StreamSpec}. Both open {@link dev.troupe.data.stream.SliceStream}s.
 *
 * <p>Inside, a {@code SlicePipeline} is one Pekko stream. Its source is a {@code Lookahead}, which
 * asks for shards ahead of need at the {@code ShardPool}; a {@code SliceUnderWay} is filled by many
 * threads in memory lent by {@code Buffers}; a {@code SkipMeter} decides how many broken samples
 * are too many.
 */
package dev.troupe.data.stream;
