package dev.troupe.nn.core;

import java.util.function.Supplier;

/**
 * Counts multiply-accumulates of the layers that run on this thread: matrix products, convolutions
 * and attention; norms, activations and sums are left out.
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

  /** Reports {@code count} multiply-accumulates to the counter of this thread, if there is one. */
  public static void add(long count) {
    Macs counter = CURRENT.get();
    if (counter != null) {
      counter.total += count;
    }
  }
}
