package dev.troupe.data.sample;

import dev.troupe.data.store.Fetcher;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** The bytes of an open shard. Read by many threads at once. */
interface ShardBytes extends Closeable {
  /**
   * Fills the buffer from a position on.
   *
   * @throws EOFException if the shard ends before
   */
  void read(long position, ByteBuffer target) throws IOException;

  /** A shard on the local disk. */
  record Local(FileChannel file) implements ShardBytes {
    @Override
    public void read(long position, ByteBuffer target) throws IOException {
      while (target.hasRemaining()) {
        if (file.read(target, position + target.position()) < 0) {
          throw new EOFException("the shard became shorter while it was read");
        }
      }
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  /**
   * A remote shard that is on its way: until it is here, samples are read from the store by ranges,
   * so that a run does not wait for whole shards when it starts.
   */
  final class OnItsWay implements ShardBytes {
    private final Fetcher fetcher;
    private final String url;
    private final String version;
    private volatile Local here;
    private boolean closed;

    OnItsWay(Fetcher fetcher, String url, String version) {
      this.fetcher = fetcher;
      this.url = url;
      this.version = version;
    }

    /** The shard is here. */
    synchronized void arrive(FileChannel file) throws IOException {
      if (closed) {
        file.close();
      } else {
        here = new Local(file);
      }
    }

    @Override
    public void read(long position, ByteBuffer target) throws IOException {
      Local file = here;
      if (file != null) {
        file.read(position, target);
        return;
      }
      target.put(fetcher.range(url, position, position + target.remaining(), version));
      if (target.hasRemaining()) {
        throw new EOFException("the shard is shorter than its index says");
      }
    }

    @Override
    public synchronized void close() throws IOException {
      closed = true;
      if (here != null) {
        here.close();
      }
    }
  }
}
