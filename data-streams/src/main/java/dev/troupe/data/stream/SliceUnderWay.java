package dev.troupe.data.stream;

import dev.troupe.data.sample.SkippedSample;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A slice that is being filled. Each sample has its place, so that threads fill it side by side;
 * broken ones leave gaps that are closed at the end.
 *
 * <p>Its memory goes back when its owner (the stream, then who took the slice) and every thread
 * that writes to it are done with it.
 */
final class SliceUnderWay {
  private final PlannedSlice plan;
  private final int imageSize;
  private final int contextLength;
  private final Buffers buffers;
  private final Buffers.Pair memory;
  private final ByteBuffer images;
  private final IntBuffer tokens;
  private final String[] keys;
  private final String[] captions;
  private final int[] lengths;
  private final SkippedSample[] skipped;
  private final boolean[] absent;
  private final AtomicInteger holders = new AtomicInteger(1);

  SliceUnderWay(PlannedSlice plan, int imageSize, int contextLength, Buffers buffers) {
    this.plan = plan;
    this.imageSize = imageSize;
    this.contextLength = contextLength;
    this.buffers = buffers;
    this.memory = buffers.take();
    int n = plan.size();
    this.images = memory.images().asByteBuffer();
    this.tokens = memory.tokens().asByteBuffer().order(ByteOrder.nativeOrder()).asIntBuffer();
    this.keys = new String[n];
    this.captions = new String[n];
    this.lengths = new int[n];
    this.skipped = new SkippedSample[n];
    this.absent = new boolean[n];
  }

  PlannedSlice plan() {
    return plan;
  }

  /** Keeps the memory for a thread that writes to it; false if it is gone already. */
  boolean hold() {
    return holders.getAndUpdate(n -> n == 0 ? 0 : n + 1) > 0;
  }

  void drop() {
    if (holders.decrementAndGet() == 0) {
      buffers.give(memory);
    }
  }

  private int imageBytes() {
    return imageSize * imageSize * 3;
  }

  ByteBuffer image(int i) {
    return images.slice(i * imageBytes(), imageBytes());
  }

  IntBuffer tokens(int i) {
    return tokens.slice(i * contextLength, contextLength);
  }

  /** The sample's name, or null before it is read. */
  String key(int i) {
    return keys[i];
  }

  void set(int i, String key, String caption, int length) {
    keys[i] = key;
    captions[i] = caption;
    lengths[i] = length;
  }

  void skip(int i, SkippedSample sample) {
    skipped[i] = sample;
  }

  /** The plan guessed a sample that there is not. */
  void setAbsent(int i) {
    absent[i] = true;
  }

  List<SkippedSample> skipped() {
    return Arrays.stream(skipped).filter(s -> s != null).toList();
  }

  /** Samples of the plan that there really are. */
  int present() {
    int n = 0;
    for (boolean missing : absent) {
      n += missing ? 0 : 1;
    }
    return n;
  }

  /** Closes the gaps and hands the memory's ownership to the slice. */
  Slice finish() {
    List<String> usedKeys = new ArrayList<>(keys.length);
    List<String> usedCaptions = new ArrayList<>(keys.length);
    int longest = 0;
    int n = 0;
    for (int i = 0; i < keys.length; i++) {
      if (keys[i] == null) {
        continue;
      }
      if (n < i) {
        image(n).put(image(i));
        tokens(n).put(tokens(i));
      }
      usedKeys.add(keys[i]);
      usedCaptions.add(captions[i]);
      longest = Math.max(longest, lengths[i]);
      n++;
    }
    return new Finished(n, usedKeys, usedCaptions, longest);
  }

  private final class Finished implements Slice {
    private final int size;
    private final List<String> usedKeys;
    private final List<String> usedCaptions;
    private final int longest;
    private boolean closed;

    Finished(int size, List<String> usedKeys, List<String> usedCaptions, int longest) {
      this.size = size;
      this.usedKeys = usedKeys;
      this.usedCaptions = usedCaptions;
      this.longest = longest;
    }

    @Override
    public long step() {
      return plan.step();
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public List<String> keys() {
      return usedKeys;
    }

    @Override
    public List<String> captions() {
      return usedCaptions;
    }

    @Override
    public ByteBuffer images_NHWC() {
      return open(memory.images().asByteBuffer()).limit(size * imageBytes());
    }

    @Override
    public int imageSize() {
      return imageSize;
    }

    @Override
    public ByteBuffer tokens_NL() {
      return open(memory.tokens().asByteBuffer())
          .limit(size * contextLength * Integer.BYTES)
          .order(ByteOrder.nativeOrder());
    }

    @Override
    public int contextLength() {
      return contextLength;
    }

    @Override
    public int longestCaption() {
      return longest;
    }

    private synchronized ByteBuffer open(ByteBuffer buffer) {
      if (closed) {
        throw new IllegalStateException("the slice of step " + step() + " is closed");
      }
      return buffer;
    }

    @Override
    public void close() {
      synchronized (this) {
        if (closed) {
          return;
        }
        closed = true;
      }
      drop();
    }
  }
}
