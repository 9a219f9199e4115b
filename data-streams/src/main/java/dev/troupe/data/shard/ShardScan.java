package dev.troupe.data.shard;

import dev.troupe.data.store.Fetcher;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The index of a shard as it is now.
 *
 * @param version ETag of a remote shard, time of the last change of a local one
 */
public record ShardScan(ShardIndex index, String version) {

  /** Reads a shard's headers, where it is. */
  public static ShardScan of(String url, Fetcher fetcher) throws IOException {
    if (Fetcher.isRemote(url)) {
      Fetcher.ObjectInfo info = fetcher.stat(url);
      if (info.size() < 0) {
        throw new IOException(url + ": the server does not tell the size");
      }
      ShardIndex index =
          fetcher.hasRanges(url)
              ? ShardIndex.scan(new RemoteBytes(fetcher, url, info))
              : scanCopy(url, info, fetcher);
      return new ShardScan(index, String.valueOf(info.version()));
    }
    Path file = ShardList.local(url);
    try (FileChannel channel = FileChannel.open(file)) {
      return new ShardScan(index(channel), version(file));
    }
  }

  /** Without ranges a shard comes whole or not at all. */
  private static ShardIndex scanCopy(String url, Fetcher.ObjectInfo info, Fetcher fetcher)
      throws IOException {
    Path copy = Files.createTempFile("troupe-", ".tar");
    try {
      try (OutputStream out = Files.newOutputStream(copy)) {
        fetcher.copy(url, info.version(), Fetcher.Target.of(out));
      }
      try (FileChannel channel = FileChannel.open(copy)) {
        return index(channel);
      }
    } finally {
      Files.delete(copy);
    }
  }

  /** Reads the headers of an open shard. */
  public static ShardIndex index(FileChannel channel) throws IOException {
    return ShardIndex.scan(ByteSource.of(channel));
  }

  static String version(Path file) throws IOException {
    return Files.getLastModifiedTime(file).toString();
  }
}
