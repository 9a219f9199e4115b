package dev.troupe.nn.core;

import dev.troupe.nn.torch.TensorScope;
import java.util.function.Supplier;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Counts multiply-accumulates of the layers that run on this thread: matrix products, convolutions
 * and attention; norms, activations and sums are left out. Models on the device {@code "meta"} are
 * counted without computing anything.
 */
public final class Macs {
  private static final ThreadLocal<Macs> CURRENT = new ThreadLocal<>();
  private long total;

  private Macs() {}

  /** Runs {@code work} and returns the multiply-accumulates that its layers reported. */
  public static long of(Supplier<?> work) {
    Macs counter = new Macs();
    Macs before = CURRENT.get();
    CURRENT.set(counter);
    try {
      work.get();
    } finally {
      CURRENT.set(before);
    }
    return counter.total;
  }

  /** Whether somebody counts on this thread. */
  public static boolean counting() {
    return CURRENT.get() != null;
  }

  /**
   * A tensor without memory in the place of a result, when the input has none either: most of
   * libtorch's operators need memory, and shapes are enough to count.
   */
  public static Tensor shape(Tensor input, long... shape) {
    try (TensorScope scope = new TensorScope()) {
      return scope.keep(torch.empty(shape, input.options(), new MemoryFormatOptional()));
    }
  }

  /** Reports {@code count} multiply-accumulates to the counter of this thread, if there is one. */
  public static void add(long count) {
    Macs counter = CURRENT.get();
    if (counter != null) {
      counter.total += count;
    }
  }
}
