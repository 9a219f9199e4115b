package dev.troupe.data.stream;

import java.util.ArrayDeque;
import java.util.Deque;
import org.bytedeco.javacpp.BytePointer;

/**
 * Native memory of one stream's slices, used again and again; freed when the stream is closed and
 * the last slice is back.
 */
final class Buffers {
  private final long imageBytes;
  private final long tokenBytes;
  private final Deque<Pair> free = new ArrayDeque<>();
  private boolean closed;
  private int lent;

  /**
   * @param imageBytes pixels of the largest slice
   * @param tokenBytes token ids of the largest slice
   */
  Buffers(long imageBytes, long tokenBytes) {
    this.imageBytes = imageBytes;
    this.tokenBytes = tokenBytes;
  }

  record Pair(BytePointer images, BytePointer tokens) {
    private void free() {
      images.deallocate();
      tokens.deallocate();
    }
  }

  synchronized Pair take() {
    if (closed) {
      throw new DataException("the stream is closed");
    }
    lent++;
    Pair pair = free.poll();
    return pair != null
        ? pair
        : new Pair(
            new BytePointer(Math.max(1, imageBytes)), new BytePointer(Math.max(1, tokenBytes)));
  }

  synchronized void give(Pair pair) {
    lent--;
    if (closed) {
      pair.free();
    } else {
      free.push(pair);
    }
  }

  synchronized int lent() {
    return lent;
  }

  synchronized void close() {
    closed = true;
    free.forEach(Pair::free);
    free.clear();
  }
}
