package dev.troupe.data.shard;

import dev.troupe.data.store.Fetcher;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Indexes of open shards: those read lately from memory, else from the index folder if they are of
 * the present shard, else from the shard's own headers.
 */
public final class ShardIndexes {
  private static final Logger LOG = LoggerFactory.getLogger(ShardIndexes.class);

  /** Samples whose places are held in memory, some 50 bytes each. */
  private static final long MOST_SAMPLES = 1_000_000;

  private final Path folder;
  private final Map<String, ShardIndexFile> lately = new LinkedHashMap<>(16, 0.75f, true);
  private long samples;
  private boolean warned;

  /**
   * @param folder of an index, or null
   */
  public ShardIndexes(Path folder) {
    this.folder = folder;
  }

  /**
   * The index of a shard.
   *
   * @param file local copy of the shard, open as {@code channel}
   * @param version of the remote shard, or null for a local one
   */
  public ShardIndex of(String url, Path file, FileChannel channel, String version)
      throws IOException {
    String now = version != null ? version : ShardScan.version(file);
    ShardIndexFile known = lately(url);
    if (known == null || !isOf(known, now, channel)) {
      known = stored(url, now, channel);
      if (known == null) {
        known = new ShardIndexFile(now, ShardScan.index(channel));
      }
      keep(url, known);
    }
    return known.index();
  }

  /** What is known of a remote shard that is not here. */
  public record Ahead(ShardIndex index, String version) {}

  /** The stored index of a remote shard, if it is of the shard that the store has now. */
  public Optional<Ahead> ahead(String url, Fetcher fetcher) {
    Path file = folder == null ? null : file(folder, url);
    try {
      if (file == null || !Files.exists(file)) {
        return Optional.empty();
      }
      ShardIndexFile stored = ShardIndexFile.read(file);
      Fetcher.ObjectInfo info = fetcher.stat(url);
      return stored.version().equals(info.version())
              && stored.index().shardSize() == info.size()
              && fetcher.hasRanges(url)
          ? Optional.of(new Ahead(stored.index(), stored.version()))
          : Optional.empty();
    } catch (IOException e) {
      // Whoever waits for the shard itself hears of it.
      return Optional.empty();
    }
  }

  private static boolean isOf(ShardIndexFile known, String version, FileChannel channel)
      throws IOException {
    return known.version().equals(version) && known.index().shardSize() == channel.size();
  }

  private synchronized ShardIndexFile lately(String url) {
    return lately.get(url);
  }

  private ShardIndexFile stored(String url, String now, FileChannel channel) {
    Path file = folder == null ? null : file(folder, url);
    try {
      if (file == null || !Files.exists(file)) {
        return null;
      }
      ShardIndexFile stored = ShardIndexFile.read(file);
      if (isOf(stored, now, channel)) {
        return stored;
      }
      warn(file + ": not of the present shard; run `troupe index` again");
    } catch (IOException e) {
      warn(file + ": cannot be read: " + e.getMessage());
    }
    return null;
  }

  /** Where the index of a shard stands. */
  static Path file(Path folder, String url) {
    String name = ShardList.lastParts(url, 1);
    // Shards of one name in several folders must not share a file.
    String place = Integer.toHexString(placeOf(url).hashCode());
    return folder.resolve(name + "." + place + ".idx");
  }

  private static String placeOf(String url) {
    return Fetcher.isRemote(url)
        ? url
        : ShardList.local(url).toAbsolutePath().normalize().toString();
  }

  private synchronized void warn(String message) {
    if (!warned) {
      warned = true;
      LOG.warn(message);
    }
  }

  private synchronized void keep(String url, ShardIndexFile index) {
    ShardIndexFile old = lately.put(url, index);
    samples += index.index().samples() - (old == null ? 0 : old.index().samples());
    var oldest = lately.entrySet().iterator();
    while (samples > MOST_SAMPLES && lately.size() > 1) {
      samples -= oldest.next().getValue().index().samples();
      oldest.remove();
    }
  }
}
