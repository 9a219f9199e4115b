package dev.troupe.data.store;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How shards are fetched and kept.
 *
 * @param cacheDir folder for fetched shards; created when first needed, and what an earlier run
 *     left there is used again
 * @param cacheBytes bound on the cached shards; the least recently used go first
 * @param keepFreeBytes disk space that the cache leaves free
 * @param s3Endpoint address of an S3-compatible server, or null for AWS
 * @param s3Region region, or null for the AWS default chain
 * @param s3PathStyle whether buckets are part of the path instead of the host name
 * @param s3Anonymous whether requests go unsigned, for public buckets
 * @param stallTimeout how long a connection may deliver nothing, before another replaces it
 * @param giveUpAfter how long a shard may make no progress, over all retries, before its samples
 *     count as lost
 * @param parallelFetches shards that are fetched at the same time
 */
public record StoreSpec(
    Path cacheDir,
    long cacheBytes,
    long keepFreeBytes,
    String s3Endpoint,
    String s3Region,
    boolean s3PathStyle,
    boolean s3Anonymous,
    Duration stallTimeout,
    Duration giveUpAfter,
    int parallelFetches) {

  /** 20 GB in {@code ~/.cache/troupe}, AWS's own endpoint. */
  public static StoreSpec defaults() {
    return new StoreSpec(
        Path.of(System.getProperty("user.home"), ".cache", "troupe"),
        20_000_000_000L,
        1_000_000_000L,
        null,
        null,
        false,
        false,
        Duration.ofSeconds(20),
        Duration.ofMinutes(15),
        8);
  }

  public StoreSpec withCache(Path dir, long bytes) {
    return new StoreSpec(
        dir,
        bytes,
        keepFreeBytes,
        s3Endpoint,
        s3Region,
        s3PathStyle,
        s3Anonymous,
        stallTimeout,
        giveUpAfter,
        parallelFetches);
  }

  public StoreSpec withKeepFreeBytes(long bytes) {
    return new StoreSpec(
        cacheDir,
        cacheBytes,
        bytes,
        s3Endpoint,
        s3Region,
        s3PathStyle,
        s3Anonymous,
        stallTimeout,
        giveUpAfter,
        parallelFetches);
  }

  public StoreSpec withS3(String endpoint, String region, boolean pathStyle, boolean anonymous) {
    return new StoreSpec(
        cacheDir,
        cacheBytes,
        keepFreeBytes,
        endpoint,
        region,
        pathStyle,
        anonymous,
        stallTimeout,
        giveUpAfter,
        parallelFetches);
  }

  public StoreSpec withPatience(Duration stall, Duration giveUp, int fetches) {
    return new StoreSpec(
        cacheDir,
        cacheBytes,
        keepFreeBytes,
        s3Endpoint,
        s3Region,
        s3PathStyle,
        s3Anonymous,
        stall,
        giveUp,
        fetches);
  }
}
