package dev.troupe.data.stream;

import dev.troupe.data.sample.SampleShard;
import dev.troupe.data.sample.SampleSource;
import dev.troupe.data.sample.SkippedSample;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shards that are open, shared by all streams of a data set: each is opened once and closed
 * when its last user lets go of it. What a shard's truth has against its stated count is reported
 * the first time it is opened.
 */
final class ShardPool implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ShardPool.class);
  private static final int MOST_DAMAGES = 20;

  private final SampleSource source;
  private final Consumer<SkippedSample> onSkipped;
  private final Map<Integer, Entry> entries = new HashMap<>();
  private final Set<Integer> reported = new HashSet<>();

  ShardPool(SampleSource source, Consumer<SkippedSample> onSkipped) {
    this.source = source;
    this.onSkipped = onSkipped;
  }

  private static final class Entry {
    private CompletableFuture<SampleShard> shard;
    private int users;
  }

  SampleSource source() {
    return source;
  }

  /** Asks for a shard. Every call needs its {@link #release}. */
  CompletableFuture<SampleShard> acquire(int shard) {
    Entry entry;
    synchronized (this) {
      entry = entries.computeIfAbsent(shard, s -> new Entry());
      entry.users++;
      if (entry.shard == null) {
        entry.shard = source.open(shard);
        entry.shard.thenAccept(opened -> report(shard, opened));
      }
    }
    return entry.shard;
  }

  void release(int shard) {
    Entry entry;
    synchronized (this) {
      entry = entries.get(shard);
      if (--entry.users > 0) {
        return;
      }
      entries.remove(shard);
    }
    if (!entry.shard.cancel(false) && !entry.shard.isCompletedExceptionally()) {
      entry.shard.join().close();
    }
  }

  /** Number of open or wanted shards. */
  synchronized int inUse() {
    return entries.size();
  }

  private void report(int shard, SampleShard opened) {
    List<String> damages = opened.damages();
    int surplus = source.presumed() ? 0 : opened.size() - source.counts()[shard];
    if (damages.isEmpty() && surplus <= 0) {
      return;
    }
    synchronized (this) {
      if (!reported.add(shard)) {
        return;
      }
    }
    String url = source.url(shard);
    for (String damage : damages.subList(0, Math.min(MOST_DAMAGES, damages.size()))) {
      LOG.warn("{}: {}", url, damage);
      onSkipped.accept(new SkippedSample(source.name(shard), url, damage, -1));
    }
    if (surplus > 0) {
      String reason =
          String.format(
              "holds %d samples, %d are stated: the last %d, from %s on, are not read; run `troupe"
                  + " index` or correct sizes.json",
              opened.size(), source.counts()[shard], surplus, opened.key(source.counts()[shard]));
      LOG.warn("{}: {}", url, reason);
      onSkipped.accept(new SkippedSample(source.name(shard), url, reason, -1));
    }
  }

  /** The failure behind those of futures. */
  static Throwable cause(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  @Override
  public void close() {
    source.close();
  }
}
