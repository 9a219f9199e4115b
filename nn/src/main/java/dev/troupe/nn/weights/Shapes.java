package dev.troupe.nn.weights;

/** Counts of shapes that come out of a file, checked against overflow. */
final class Shapes {
  private Shapes() {}

  /**
   * Number of elements.
   *
   * @throws ArithmeticException if it, or the strides of such a tensor, exceed 64 bits; also where
   *     a dimension of 0 makes the number itself 0
   */
  static long elements(long[] shape) {
    long count = 1;
    boolean empty = false;
    for (long dimension : shape) {
      count = Math.multiplyExact(count, Math.max(1, dimension));
      empty |= dimension == 0;
    }
    return empty ? 0 : count;
  }

  /**
   * Bytes of a contiguous tensor.
   *
   * @throws ArithmeticException like {@link #elements}
   */
  static long bytes(DType dtype, long[] shape) {
    long[] withBytes = java.util.Arrays.copyOf(shape, shape.length + 1);
    withBytes[shape.length] = dtype.bytes();
    return elements(withBytes);
  }
}
