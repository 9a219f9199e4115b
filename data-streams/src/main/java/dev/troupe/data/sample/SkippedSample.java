package dev.troupe.data.sample;

/**
 * A sample that was left out: one row of {@code skipped.jsonl}.
 *
 * @param sample {@code SHARD.tar/KEY}; {@code SHARD.tar/#N} for the N-th sample, from 0, of a shard
 *     that ends before it or cannot be read
 * @param shard full address of the shard
 * @param reason what is wrong
 * @param step the step whose batch lacks it, or -1 where the fault belongs to no step
 */
public record SkippedSample(String sample, String shard, String reason, long step) {}
