package dev.troupe.data.shard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Bytes of a shard that can be read anywhere. */
interface ByteSource {
  long size();

  /** Fills the buffer from a position on, or up to the end of the shard. */
  void read(long position, ByteBuffer target) throws IOException;

  /** Bytes worth reading at once: what a seek costs. */
  int window();

  static ByteSource of(FileChannel channel) throws IOException {
    long size = channel.size();
    return new ByteSource() {
      @Override
      public long size() {
        return size;
      }

      @Override
      public void read(long position, ByteBuffer target) throws IOException {
        while (target.hasRemaining() && channel.read(target, position + target.position()) > 0) {
          // A read may stop early.
        }
      }

      @Override
      public int window() {
        return 32 * 1024;
      }
    };
  }
}
