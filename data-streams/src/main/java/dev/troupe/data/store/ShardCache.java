package dev.troupe.data.store;

import dev.troupe.data.store.Fetcher.ObjectInfo;
import dev.troupe.data.stream.DataException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private static final Logger LOG = LoggerFactory.getLogger(ShardCache.class);
  private static final String PART = ".part";
  private static final Duration REFETCH_IS_SOON = Duration.ofMinutes(2);

  private final StoreSpec spec;
  private final Fetcher fetcher;
  private final ExecutorService threads;
  private final AtomicInteger parts = new AtomicInteger();
  private final Map<String, Entry> byUrl = new HashMap<>();
  private final Map<String, Kept> files = new HashMap<>();
  private final Map<String, Cached> known = new HashMap<>();
  private final Map<String, Instant> evicted = new HashMap<>();
  private final List<Runnable> reclaimers = new ArrayList<>();
  private long bytes;
  private long reserved;
  private boolean opened;
  private boolean warned;
  private boolean warnedOfRefetching;

  public ShardCache(StoreSpec spec, Fetcher fetcher) {
    this.spec = spec;
    this.fetcher = fetcher;
    AtomicInteger n = new AtomicInteger();
    this.threads =
        Executors.newFixedThreadPool(
            spec.parallelFetches(),
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

  /** A file in the folder. */
  private static final class Kept {
    private final long size;
    private Instant lastUse;
    private int users;
    private String url;

    Kept(long size, Instant lastUse) {
      this.size = size;
      this.lastUse = lastUse;
    }
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
      if (cached != null && pin(cached.file(), -1)) {
        entry.file = CompletableFuture.completedFuture(cached);
        return entry.file;
      }
      CompletableFuture<Cached> file = new CompletableFuture<>();
      entry.file = file;
      threads.execute(() -> fetch(url, entry, file));
    }
    return entry.file;
  }

  /** Ends one use of a shard; its file may go after the last. */
  public synchronized void release(String url) {
    Entry entry = byUrl.get(url);
    if (--entry.users == 0) {
      byUrl.remove(url);
      if (entry.file.isDone() && !entry.file.isCompletedExceptionally()) {
        unpin(entry.file.join().file());
      }
    }
  }

  private void unpin(Path file) {
    Kept kept = files.get(file.getFileName().toString());
    kept.users--;
    kept.lastUse = Instant.now();
  }

  private void fetch(String url, Entry entry, CompletableFuture<Cached> result) {
    synchronized (this) {
      if (entry.users == 0) {
        // Nobody waits any more.
        result.completeExceptionally(
            new StoreException(StoreException.Kind.CLOSED, url + ": no longer wanted", null));
        return;
      }
    }
    try {
      ObjectInfo info = fetcher.stat(url);
      String name = name(url, info.version());
      Path file = spec.cacheDir().resolve(name);
      prepare();
      if (!pin(file, info.size())) {
        warnOfRefetching(url);
        long needed = Math.max(0, info.size());
        makeRoom(needed, url);
        try {
          loadInSpiteOfFullDisk(url, info, file);
        } finally {
          synchronized (this) {
            reserved -= needed;
          }
        }
      }
      synchronized (this) {
        Cached cached = new Cached(file, info.version());
        known.put(url, cached);
        files.get(name).url = url;
        result.complete(cached);
        if (entry.users == 0) {
          unpin(file);
        }
      }
    } catch (Throwable e) {
      result.completeExceptionally(e);
    }
  }

  /** Creates the folder and takes stock of what an earlier run left. */
  private synchronized void prepare() {
    if (opened) {
      return;
    }
    try {
      Files.createDirectories(spec.cacheDir());
      try (DirectoryStream<Path> found = Files.newDirectoryStream(spec.cacheDir())) {
        for (Path file : found) {
          String name = file.getFileName().toString();
          Instant modified = Files.getLastModifiedTime(file).toInstant();
          if (name.endsWith(".shard")) {
            files.put(name, new Kept(Files.size(file), modified));
            bytes += Files.size(file);
          } else if (name.contains(PART) && modified.isBefore(Instant.now().minusSeconds(3600))) {
            Files.deleteIfExists(file);
          }
        }
      }
      opened = true;
    } catch (IOException e) {
      throw new DataException(
          spec.cacheDir() + ": the shard cache cannot be used (" + e + "); name another cache-dir",
          e);
    }
  }

  /** Whether the file is there and whole; it then has one more user. */
  private synchronized boolean pin(Path file, long size) {
    Kept kept = files.get(file.getFileName().toString());
    if (kept == null || size >= 0 && kept.size != size || !Files.exists(file)) {
      return false;
    }
    kept.users++;
    kept.lastUse = Instant.now();
    try {
      Files.setLastModifiedTime(file, FileTime.from(kept.lastUse));
    } catch (IOException e) {
      // Only the order of eviction after a restart depends on it.
    }
    return true;
  }

  private void loadInSpiteOfFullDisk(String url, ObjectInfo info, Path file) throws IOException {
    try {
      load(url, info, file);
    } catch (StoreException e) {
      throw e;
    } catch (IOException e) {
      // As a rule the disk filled up meanwhile: drop all that is not in use, and try once more.
      evict(Long.MAX_VALUE);
      try {
        load(url, info, file);
      } catch (StoreException again) {
        throw again;
      } catch (IOException again) {
        throw full(url, info.size(), again);
      }
    }
  }

  private void load(String url, ObjectInfo info, Path file) throws IOException {
    Path part =
        file.resolveSibling(
            file.getFileName()
                + PART
                + ProcessHandle.current().pid()
                + "-"
                + parts.getAndIncrement());
    try {
      PartFile target = new PartFile(part);
      try (target) {
        fetcher.copy(url, info.version(), target);
      }
      long size = Files.size(part);
      synchronized (this) {
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Kept old = files.get(file.getFileName().toString());
        Kept kept = new Kept(size, Instant.now());
        kept.users = 1 + (old == null ? 0 : old.users);
        bytes += size - (old == null ? 0 : old.size);
        files.put(file.getFileName().toString(), kept);
      }
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

  /**
   * Registers who may hold shards that are not in use just now, and lets go of them when room is
   * needed.
   */
  public synchronized void onPressure(Runnable letGo) {
    reclaimers.add(letGo);
  }

  private synchronized void warnOfRefetching(String url) {
    Instant gone = evicted.remove(url);
    if (gone != null && !warnedOfRefetching && gone.isAfter(Instant.now().minus(REFETCH_IS_SOON))) {
      warnedOfRefetching = true;
      LOG.warn(
          "cache-size: {} bytes is too little: {} is fetched again soon after it had to go; raise it"
              + " to hold the shards that are mixed at a time",
          spec.cacheBytes(),
          url);
    }
  }

  private void makeRoom(long needed, String url) throws IOException {
    List<Runnable> holders;
    boolean tight;
    synchronized (this) {
      tight = bytes + reserved + needed > spec.cacheBytes();
      holders = List.copyOf(reclaimers);
    }
    if (tight) {
      holders.forEach(Runnable::run);
    }
    synchronized (this) {
      evict(bytes + reserved + needed - spec.cacheBytes());
      reserved += needed;
      if (bytes + reserved > spec.cacheBytes() && !warned) {
        warned = true;
        LOG.warn(
            "cache-size: {} bytes (expected: at least {}, the shards that are read at the same"
                + " time); the cache grows beyond its bound",
            spec.cacheBytes(),
            bytes + reserved);
      }
    }
    long missing = needed + spec.keepFreeBytes() - usableBytes();
    if (missing > 0) {
      evict(missing);
      if (needed + spec.keepFreeBytes() > usableBytes()) {
        synchronized (this) {
          reserved -= needed;
        }
        throw full(url, needed, null);
      }
    }
  }

  private long usableBytes() throws IOException {
    return Files.getFileStore(spec.cacheDir()).getUsableSpace();
  }

  private DataException full(String url, long size, IOException cause) {
    long free;
    try {
      free = usableBytes();
    } catch (IOException e) {
      free = -1;
    }
    return new DataException(
        String.format(
            "%s: no room for %s of %d bytes (%d bytes are free, of which %d are kept free%s); free"
                + " space or name another cache-dir",
            spec.cacheDir(),
            url,
            size,
            free,
            spec.keepFreeBytes(),
            cause == null ? "" : "; " + cause.getMessage()),
        cause);
  }

  /** Deletes files without users, the least recently used first, until so many bytes are gone. */
  private synchronized void evict(long wanted) {
    while (wanted > 0) {
      Map.Entry<String, Kept> oldest = null;
      for (Map.Entry<String, Kept> e : files.entrySet()) {
        if (e.getValue().users == 0
            && (oldest == null || e.getValue().lastUse.isBefore(oldest.getValue().lastUse))) {
          oldest = e;
        }
      }
      if (oldest == null) {
        return;
      }
      try {
        Files.deleteIfExists(spec.cacheDir().resolve(oldest.getKey()));
      } catch (IOException e) {
        LOG.warn("{}: cannot be deleted from the cache", oldest.getKey(), e);
      }
      files.remove(oldest.getKey());
      if (oldest.getValue().url != null) {
        known.remove(oldest.getValue().url);
        evicted.put(oldest.getValue().url, Instant.now());
      }
      bytes -= oldest.getValue().size;
      wanted -= oldest.getValue().size;
    }
  }

  /** Whether one more shard fits beside those that are in use or on their way. */
  public synchronized boolean hasRoom() {
    long used = 0;
    for (Kept kept : files.values()) {
      used += kept.users > 0 ? kept.size : 0;
    }
    long waiting = byUrl.values().stream().filter(entry -> !entry.file.isDone()).count();
    if (files.isEmpty()) {
      return waiting < spec.parallelFetches();
    }
    long usual = bytes / files.size();
    return used + (waiting + 1) * usual <= spec.cacheBytes();
  }

  private static String name(String url, String version) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(url.getBytes(StandardCharsets.UTF_8));
      sha.update((byte) 0);
      sha.update(String.valueOf(version).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sha.digest(), 0, 16) + ".shard";
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
