package dev.troupe.data.sample;

import dev.troupe.data.shard.ShardCounts;
import dev.troupe.data.shard.ShardIndex;
import dev.troupe.data.shard.ShardIndexes;
import dev.troupe.data.shard.ShardList;
import dev.troupe.data.store.Fetcher;
import dev.troupe.data.store.ShardCache;
import dev.troupe.data.stream.DataException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** WebDataset tars: local ones are read in place, remote ones through the cache. */
public final class TarSource implements SampleSource {
  private static final Logger LOG = LoggerFactory.getLogger(TarSource.class);

  private final ShardList shards;
  private final String[] names;
  private final ShardCounts counts;
  private final double[] weights;
  private final boolean anyRemote;
  private final Captions captions;
  private final ShardIndexes indexes;
  private final Fetcher fetcher;
  private final ShardCache cache;
  private final Executor executor;
  private final Executor ahead;
  private final List<Runnable> holders = new CopyOnWriteArrayList<>();

  /**
   * @param factors weight of each source for drawing with replacement, or null for 1 each
   * @param index folder of an index, or null
   * @param executor opens shards; its threads wait for the disk
   * @param ahead looks at remote shards that are not here yet; its threads wait for the store
   */
  public TarSource(
      ShardList shards,
      ShardCounts counts,
      double[] factors,
      Captions captions,
      Path index,
      Fetcher fetcher,
      ShardCache cache,
      Executor executor,
      Executor ahead) {
    this.shards = shards;
    this.names = shards.names();
    this.anyRemote = shards.urls().stream().anyMatch(Fetcher::isRemote);
    this.counts = counts;
    this.captions = captions;
    this.indexes = new ShardIndexes(index);
    this.fetcher = fetcher;
    this.cache = cache;
    this.executor = executor;
    this.ahead = ahead;
    this.weights = new double[names.length];
    if (factors == null) {
      Arrays.fill(weights, 1);
    } else {
      Arrays.setAll(weights, i -> factors[shards.sources()[i]]);
    }
  }

  @Override
  public int shards() {
    return names.length;
  }

  @Override
  public String url(int shard) {
    return shards.urls().get(shard);
  }

  @Override
  public String name(int shard) {
    return names[shard];
  }

  @Override
  public int[] counts() {
    return counts.of();
  }

  @Override
  public boolean presumed() {
    return counts.presumed();
  }

  @Override
  public double[] weights() {
    return weights;
  }

  @Override
  public CompletableFuture<SampleShard> open(int shard) {
    String url = url(shard);
    CompletableFuture<SampleShard> result = new CompletableFuture<>();
    if (!Fetcher.isRemote(url)) {
      executor.execute(() -> open(result, url, ShardList.local(url), null, () -> {}));
      return result;
    }
    AtomicBoolean held = new AtomicBoolean(true);
    Runnable release =
        () -> {
          if (held.getAndSet(false)) {
            cache.release(url);
          }
        };
    CompletableFuture<ShardCache.Cached> file = cache.acquire(url);
    if (!file.isDone()) {
      ahead.execute(() -> openAhead(result, url, file, release));
    }
    file.whenCompleteAsync(
        (cached, failure) -> {
          if (failure != null) {
            release.run();
            result.completeExceptionally(failure);
          } else if (!result.isDone()) {
            open(result, url, cached.file(), cached.version(), release);
          }
        },
        executor);
    result.whenComplete(
        (opened, failure) -> {
          if (result.isCancelled()) {
            release.run();
          }
        });
    return result;
  }

  /** Opens a shard whose places are known before it is here. */
  private void openAhead(
      CompletableFuture<SampleShard> result,
      String url,
      CompletableFuture<ShardCache.Cached> file,
      Runnable release) {
    Optional<ShardIndexes.Ahead> known = indexes.ahead(url, fetcher);
    if (known.isEmpty() || file.isDone() || result.isDone()) {
      return;
    }
    ShardBytes.OnItsWay bytes = new ShardBytes.OnItsWay(fetcher, url, known.get().version());
    SampleShard shard = new TarSamples(bytes, known.get().index(), captions, release);
    if (!result.complete(shard)) {
      close(bytes);
      return;
    }
    file.thenAcceptAsync(
        cached -> {
          try {
            if (known.get().version().equals(cached.version())) {
              bytes.arrive(FileChannel.open(cached.file()));
            }
          } catch (IOException e) {
            LOG.warn("{}: cannot be opened, is read from the store", cached.file(), e);
          }
        },
        executor);
  }

  /** Opens a shard for who may have lost interest meanwhile. */
  private void open(
      CompletableFuture<SampleShard> result,
      String url,
      Path file,
      String version,
      Runnable onClose) {
    if (result.isDone()) {
      onClose.run();
      return;
    }
    try {
      SampleShard shard = open(url, file, version, onClose);
      if (!result.complete(shard)) {
        shard.close();
      }
    } catch (RuntimeException e) {
      onClose.run();
      result.completeExceptionally(e);
    }
  }

  private SampleShard open(String url, Path file, String version, Runnable onClose) {
    FileChannel channel = null;
    try {
      channel = FileChannel.open(file);
      ShardIndex index = indexes.of(url, file, channel, version);
      return new TarSamples(new ShardBytes.Local(channel), index, captions, onClose);
    } catch (IOException | RuntimeException e) {
      close(channel);
      if (e instanceof NoSuchFileException) {
        throw new LostShardException(url + ": no such file", e);
      }
      throw new LostShardException(url + ": cannot be opened: " + e.getMessage(), e);
    }
  }

  private static void close(Closeable channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      throw new DataException("a shard cannot be closed", e);
    }
  }

  @Override
  public boolean hasRoom() {
    return !anyRemote || cache.hasRoom();
  }

  @Override
  public void onPressure(Runnable closeUnused) {
    holders.add(closeUnused);
    cache.onPressure(closeUnused);
  }

  @Override
  public void close() {
    holders.forEach(cache::offPressure);
  }
}
