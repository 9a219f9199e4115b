package dev.troupe.data.store;

import dev.troupe.data.stream.DataException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of the cache within their bounds. Files in use stay; others go, least recently used
 * first, when room is needed.
 */
final class CacheFolder {
  private static final Logger LOG = LoggerFactory.getLogger(CacheFolder.class);
  private static final String WHOLE = ".shard";
  private static final String PART = ".part";
  private static final Duration PART_IS_DEAD = Duration.ofHours(1);
  private static final Duration REFETCH_IS_SOON = Duration.ofMinutes(2);

  private final Path folder;
  private final long bound;
  private final long keepFree;
  private final Map<String, Kept> files = new HashMap<>();
  private final Map<String, Instant> evicted = new HashMap<>();
  private long bytes;
  private long reserved;
  private long parts;
  private boolean warnedOfBound;
  private boolean warnedOfRefetching;

  private static final class Kept {
    private final long size;
    private Instant lastUse;
    private int users;

    Kept(long size, Instant lastUse, int users) {
      this.size = size;
      this.lastUse = lastUse;
      this.users = users;
    }
  }

  /** Creates the folder and takes stock of what an earlier run left. */
  CacheFolder(StoreSpec spec) {
    this.folder = spec.cache().dir();
    this.bound = spec.cache().bytes();
    this.keepFree = spec.cache().keepFreeBytes();
    try {
      Files.createDirectories(folder);
      try (DirectoryStream<Path> found = Files.newDirectoryStream(folder)) {
        for (Path file : found) {
          String name = file.getFileName().toString();
          Instant modified = Files.getLastModifiedTime(file).toInstant();
          if (name.endsWith(WHOLE)) {
            files.put(name, new Kept(Files.size(file), modified, 0));
            bytes += Files.size(file);
          } else if (name.contains(PART) && modified.isBefore(Instant.now().minus(PART_IS_DEAD))) {
            Files.deleteIfExists(file);
          }
        }
      }
    } catch (IOException e) {
      throw new DataException(
          folder + ": the shard cache cannot be used (" + e + "); name another cache-dir", e);
    }
  }

  /** Where the file of a key stands. */
  Path file(String key) {
    return folder.resolve(key + WHOLE);
  }

  /** Whether the file is there and whole, of a size if that is known; it then has one more user. */
  synchronized boolean pin(Path file, long size) {
    Kept kept = files.get(name(file));
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

  synchronized void unpin(Path file) {
    Kept kept = files.get(name(file));
    kept.users--;
    kept.lastUse = Instant.now();
  }

  /** A name for a file that is being written, which no process uses. */
  synchronized Path part(Path file) {
    return file.resolveSibling(name(file) + PART + ProcessHandle.current().pid() + "-" + parts++);
  }

  /** A part is whole: it gets its name and one user. */
  synchronized void keep(Path part, Path file) throws IOException {
    long size = Files.size(part);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Kept old = files.get(name(file));
    int users = old == null ? 0 : old.users;
    bytes += size - (old == null ? 0 : old.size);
    files.put(name(file), new Kept(size, Instant.now(), users + 1));
  }

  /** Whether a file of a size exceeds the bound unless others go. */
  synchronized boolean isTight(long size) {
    return bytes + reserved + size > bound;
  }

  /**
   * Makes room for a file, which {@link #unreserve} gives back. Files in use are more important
   * than the bound, the disk's end is not.
   *
   * @throws DataException if the disk is full of files in use
   */
  synchronized void reserve(Path file, long size, String what) throws IOException {
    warnOfRefetching(name(file), what);
    evict(bytes + reserved + size - bound);
    if (bytes + reserved + size > bound && !warnedOfBound) {
      warnedOfBound = true;
      LOG.warn(
          "cache-size: {} bytes (expected: at least {}, the shards that are read at the same time);"
              + " the cache grows beyond its bound",
          bound,
          bytes + reserved + size);
    }
    evict(size + keepFree - usableBytes());
    if (size + keepFree > usableBytes()) {
      throw full(what, size, null);
    }
    reserved += size;
  }

  synchronized void unreserve(long size) {
    reserved -= size;
  }

  private void warnOfRefetching(String name, String what) {
    Instant gone = evicted.remove(name);
    if (gone != null && !warnedOfRefetching && gone.isAfter(Instant.now().minus(REFETCH_IS_SOON))) {
      warnedOfRefetching = true;
      LOG.warn(
          "cache-size: {} bytes is too little: {} is fetched again soon after it had to go; raise it"
              + " to hold the shards that are mixed at a time",
          bound,
          what);
    }
  }

  /** Deletes files without users, the least recently used first, until so many bytes are gone. */
  synchronized void evict(long wanted) {
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
      String name = oldest.getKey();
      long size = oldest.getValue().size;
      try {
        Files.deleteIfExists(folder.resolve(name));
      } catch (IOException e) {
        LOG.warn("{}: cannot be deleted from the cache", name, e);
      }
      files.remove(name);
      evicted.put(name, Instant.now());
      bytes -= size;
      wanted -= size;
    }
  }

  /** Whether so many more files of the usual size fit beside those in use. */
  synchronized boolean hasRoom(long more, int atFirst) {
    if (files.isEmpty()) {
      return more <= atFirst;
    }
    long used = 0;
    for (Kept kept : files.values()) {
      used += kept.users > 0 ? kept.size : 0;
    }
    return used + more * (bytes / files.size()) <= bound;
  }

  DataException full(String what, long size, IOException cause) {
    String free;
    try {
      free = usableBytes() + " bytes are free";
    } catch (IOException e) {
      free = "free space unknown";
    }
    return new DataException(
        String.format(
            "%s: no room for %s of %d bytes (%s, of which %d are kept free%s); free space or name"
                + " another cache-dir",
            folder, what, size, free, keepFree, cause == null ? "" : "; " + cause.getMessage()),
        cause);
  }

  private long usableBytes() throws IOException {
    return Files.getFileStore(folder).getUsableSpace();
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }
}
