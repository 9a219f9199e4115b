package dev.troupe.data.store;

import java.nio.file.Path;
import java.time.Duration;

/** How shards are fetched and kept. */
public record StoreSpec(Cache cache, S3 s3, Patience patience) {

  /**
   * Where fetched shards are kept.
   *
   * @param dir created when first needed; what an earlier run left there is used again
   * @param bytes bound on the cached shards; the least recently used go first
   * @param keepFreeBytes disk space that the cache leaves free
   */
  public record Cache(Path dir, long bytes, long keepFreeBytes) {}

  /**
   * How S3 is reached.
   *
   * @param endpoint address of an S3-compatible server, or null for AWS
   * @param region region, or null for the AWS default chain
   * @param pathStyle whether buckets are part of the path instead of the host name
   * @param anonymous whether requests go unsigned, for public buckets
   */
  public record S3(String endpoint, String region, boolean pathStyle, boolean anonymous) {}

  /**
   * How stores are waited for.
   *
   * @param stallTimeout how long a connection may deliver nothing, before another replaces it
   * @param giveUpAfter how long a shard may make no progress, over all retries, before its samples
   *     count as lost
   * @param parallelFetches shards that are fetched at the same time
   */
  public record Patience(Duration stallTimeout, Duration giveUpAfter, int parallelFetches) {}

  /** 20 GB in {@code ~/.cache/troupe}, AWS's own endpoint. */
  public static StoreSpec defaults() {
    return new StoreSpec(
        new Cache(
            Path.of(System.getProperty("user.home"), ".cache", "troupe"),
            20_000_000_000L,
            1_000_000_000L),
        new S3(null, null, false, false),
        new Patience(Duration.ofSeconds(20), Duration.ofMinutes(15), 8));
  }

  public StoreSpec withCache(Path dir, long bytes) {
    return new StoreSpec(new Cache(dir, bytes, cache.keepFreeBytes), s3, patience);
  }

  public StoreSpec withKeepFreeBytes(long bytes) {
    return new StoreSpec(new Cache(cache.dir, cache.bytes, bytes), s3, patience);
  }

  public StoreSpec withS3(String endpoint, String region, boolean pathStyle, boolean anonymous) {
    return new StoreSpec(cache, new S3(endpoint, region, pathStyle, anonymous), patience);
  }

  public StoreSpec withPatience(Duration stall, Duration giveUp, int fetches) {
    return new StoreSpec(cache, s3, new Patience(stall, giveUp, fetches));
  }
}
