package dev.troupe.data.store;

import dev.troupe.data.store.Fetcher.ObjectInfo;
import dev.troupe.data.stream.DataException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Remote shards as local files. Each is fetched once, however many ask for it; files in use stay,
 * others go, least recently used first, when the next one would exceed the bound or the disk.
 *
 * <p>What is in use at a time is never dropped: if that alone exceeds the bound, the cache grows
 * beyond it and says so once, since a bound that is kept by fetching every shard again for every
 * sample would end the run in all but name. A full disk is an error.
 *
 * <p>Several processes may share a folder: files appear under their names only when whole, and one
 * that another process deletes stays readable for who has it open. Each process bounds what it
 * knows of: what it found at its start and what it fetched.
 */
public final class ShardCache implements AutoCloseable {
  private final StoreSpec spec;
  private final Fetcher fetcher;
  private final ExecutorService threads;
  private final Map<String, Entry> byUrl = new HashMap<>();
  private final Map<String, Cached> known = new HashMap<>();
  private final List<Runnable> holders = new CopyOnWriteArrayList<>();
  private CacheFolder folder;

  public ShardCache(StoreSpec spec, Fetcher fetcher) {
    this.spec = spec;
    this.fetcher = fetcher;
    AtomicInteger n = new AtomicInteger();
    this.threads =
        Executors.newFixedThreadPool(
            spec.patience().parallelFetches(),
            r -> {
              Thread thread = new Thread(r, "troupe-fetch-" + n.getAndIncrement());
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * A shard on the local disk.
   *
   * @param version of the remote object that it is a copy of, or null if the store gives none
   */
  public record Cached(Path file, String version) {}

  /** A shard that someone waits for or uses. */
  private static final class Entry {
    private CompletableFuture<Cached> file;
    private int users;
  }

  /**
   * Asks for a shard, in the order of the calls. Every call needs its {@link #release}, also when
   * the result is a failure.
   *
   * @return the local file, valid until released; or a {@link StoreException}, or a {@link
   *     DataException} if the disk is full
   */
  public synchronized CompletableFuture<Cached> acquire(String url) {
    Entry entry = byUrl.computeIfAbsent(url, u -> new Entry());
    entry.users++;
    if (entry.file == null) {
      Cached cached = known.get(url);
      if (cached != null && folder.pin(cached.file(), -1)) {
        entry.file = CompletableFuture.completedFuture(cached);
      } else {
        CompletableFuture<Cached> file = new CompletableFuture<>();
        entry.file = file;
        threads.execute(() -> fetch(url, entry, file));
      }
    }
    return entry.file;
  }

  /** Ends one use of a shard; its file may go after the last. */
  public synchronized void release(String url) {
    Entry entry = byUrl.get(url);
    if (--entry.users == 0) {
      byUrl.remove(url);
      if (entry.file.isDone() && !entry.file.isCompletedExceptionally()) {
        folder.unpin(entry.file.join().file());
      }
    }
  }

  /** Registers who may hold shards that are not in use just now; called when room is needed. */
  public void onPressure(Runnable letGo) {
    holders.add(letGo);
  }

  /** Takes back an {@link #onPressure}. */
  public void offPressure(Runnable letGo) {
    holders.remove(letGo);
  }

  /** Whether one more shard fits beside those that are in use or on their way. */
  public synchronized boolean hasRoom() {
    long waiting = byUrl.values().stream().filter(entry -> !entry.file.isDone()).count();
    return folder == null
        ? waiting < spec.patience().parallelFetches()
        : folder.hasRoom(waiting + 1, spec.patience().parallelFetches());
  }

  private synchronized CacheFolder folder() {
    if (folder == null) {
      folder = new CacheFolder(spec);
    }
    return folder;
  }

  private void fetch(String url, Entry entry, CompletableFuture<Cached> result) {
    try {
      synchronized (this) {
        if (entry.users == 0) {
          throw new StoreException(StoreException.Kind.CLOSED, url + ": no longer wanted", null);
        }
      }
      ObjectInfo info = fetcher.stat(url);
      Path file = folder().file(key(url, info.version()));
      if (!folder().pin(file, info.size())) {
        fetch(url, info, file);
      }
      synchronized (this) {
        Cached cached = new Cached(file, info.version());
        known.put(url, cached);
        result.complete(cached);
        if (entry.users == 0) {
          folder.unpin(file);
        }
      }
    } catch (Throwable e) {
      result.completeExceptionally(e);
    }
  }

  private void fetch(String url, ObjectInfo info, Path file) throws IOException {
    long size = Math.max(0, info.size());
    if (folder().isTight(size)) {
      holders.forEach(Runnable::run);
    }
    folder().reserve(file, size, url);
    try {
      write(url, info, file);
    } catch (StoreException e) {
      throw e;
    } catch (IOException e) {
      // As a rule the disk filled up meanwhile: drop all that is not in use, and try once more.
      folder().evict(Long.MAX_VALUE);
      try {
        write(url, info, file);
      } catch (StoreException again) {
        throw again;
      } catch (IOException again) {
        throw folder().full(url, size, again);
      }
    } finally {
      folder().unreserve(size);
    }
  }

  private void write(String url, ObjectInfo info, Path file) throws IOException {
    Path part = folder().part(file);
    try {
      PartFile target = new PartFile(part);
      try (target) {
        fetcher.copy(url, info.version(), target);
      }
      folder().keep(part, file);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private static final class PartFile implements Fetcher.Target, AutoCloseable {
    private final Path path;
    private OutputStream out;

    PartFile(Path path) throws IOException {
      this.path = path;
      this.out = Files.newOutputStream(path);
    }

    @Override
    public void restart() throws IOException {
      out.close();
      out = Files.newOutputStream(path);
    }

    @Override
    public void write(byte[] data, int offset, int length) throws IOException {
      out.write(data, offset, length);
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }

  private static String key(String url, String version) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(url.getBytes(StandardCharsets.UTF_8));
      sha.update((byte) 0);
      sha.update(String.valueOf(version).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sha.digest(), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Stops fetching. Files stay for the next run. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
