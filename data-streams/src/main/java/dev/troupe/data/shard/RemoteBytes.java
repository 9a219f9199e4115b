package dev.troupe.data.shard;

import dev.troupe.data.store.Fetcher;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A remote shard, read by ranges. While reading goes straight on, ranges grow, so that a shard of
 * small members takes few requests; after a hop over a large member they are small again.
 */
final class RemoteBytes implements ByteSource {
  private static final int SMALLEST = 256 * 1024;
  private static final int LARGEST = 8 * 1024 * 1024;

  private final Fetcher fetcher;
  private final String url;
  private final Fetcher.ObjectInfo info;
  private byte[] bytes = new byte[0];
  private long start;
  private int next = SMALLEST;

  RemoteBytes(Fetcher fetcher, String url, Fetcher.ObjectInfo info) {
    this.fetcher = fetcher;
    this.url = url;
    this.info = info;
  }

  @Override
  public long size() {
    return info.size();
  }

  @Override
  public int window() {
    return 32 * 1024;
  }

  @Override
  public void read(long position, ByteBuffer target) throws IOException {
    while (target.hasRemaining() && position < info.size()) {
      long end = start + bytes.length;
      if (position < start || position >= end) {
        boolean straightOn = bytes.length > 0 && position >= end && position - end < SMALLEST;
        next = straightOn ? Math.min(LARGEST, 2 * next) : SMALLEST;
        bytes =
            fetcher.range(url, position, Math.min(info.size(), position + next), info.version());
        start = position;
        if (bytes.length == 0) {
          throw new EOFException(url + ": shorter than the store says");
        }
      }
      int offset = (int) (position - start);
      int n = Math.min(target.remaining(), bytes.length - offset);
      target.put(bytes, offset, n);
      position += n;
    }
  }
}
