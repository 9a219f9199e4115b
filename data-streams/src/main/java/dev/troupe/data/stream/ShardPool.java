package dev.troupe.data.stream;

import dev.troupe.data.sample.SampleShard;
import dev.troupe.data.sample.SampleSource;
import dev.troupe.data.sample.SkippedSample;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
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

  /** Shards without a user that stay open, since a shuffle comes back to them. */
  private static final int MOST_IDLE = 64;

  private final SampleSource source;
  private final Consumer<SkippedSample> onSkipped;
  private final Map<Integer, Entry> entries = new HashMap<>();
  private final Map<Integer, Entry> idle = new LinkedHashMap<>();
  private final Set<Integer> reported = new HashSet<>();

  private boolean closed;

  ShardPool(SampleSource source, Consumer<SkippedSample> onSkipped) {
    this.source = source;
    source.onPressure(this::closeIdle);
    this.onSkipped = onSkipped;
  }

  private static final class Entry {
    private CompletableFuture<SampleShard> opening;
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
      Entry waiting = idle.remove(shard);
      entry = entries.computeIfAbsent(shard, s -> waiting != null ? waiting : new Entry());
      entry.users++;
      if (entry.opening == null) {
        entry.opening = source.open(shard);
        entry.shard =
            entry.opening.thenApply(
                opened -> {
                  report(shard, opened);
                  return opened;
                });
      }
    }
    return entry.shard;
  }

  void release(int shard) {
    Entry unused;
    synchronized (this) {
      unused = entries.get(shard);
      if (--unused.users > 0) {
        return;
      }
      entries.remove(shard);
      if (!closed && unused.shard.isDone() && !unused.shard.isCompletedExceptionally()) {
        idle.put(shard, unused);
        unused = idle.size() > MOST_IDLE ? idle.remove(idle.keySet().iterator().next()) : null;
      }
    }
    if (unused != null) {
      close(unused);
    }
  }

  private static void close(Entry entry) {
    if (!entry.opening.cancel(false) && !entry.opening.isCompletedExceptionally()) {
      entry.opening.join().close();
    }
  }

  /** Closes the shards that have no user. */
  void closeIdle() {
    List<Entry> unused;
    synchronized (this) {
      unused = new ArrayList<>(idle.values());
      idle.clear();
    }
    unused.forEach(ShardPool::close);
  }

  /** Number of shards that streams use or wait for. */
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
    for (String damage : damages.subList(0, Math.min(MOST_DAMAGES, damages.size()))) {
      report(shard, damage);
    }
    if (surplus > 0) {
      int count = source.counts()[shard];
      report(
          shard,
          String.format(
              "holds %d samples, %d are stated: the last %d, from %s on, are not read; run `troupe"
                  + " index` or correct sizes.json",
              opened.size(), count, surplus, opened.key(count)));
    }
  }

  private void report(int shard, String fault) {
    LOG.warn("{}: {}", source.url(shard), fault);
    try {
      onSkipped.accept(new SkippedSample(source.name(shard), source.url(shard), fault, -1));
    } catch (RuntimeException e) {
      // Not the shard's fault: the run must not lose what it has to say.
      throw new DataException("skipped samples cannot be recorded: " + e.getMessage(), e);
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
    synchronized (this) {
      closed = true;
    }
    closeIdle();
    source.close();
  }
}
