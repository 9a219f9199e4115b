package dev.troupe.data.image;

import java.util.Arrays;
import org.bytedeco.javacpp.BytePointer;

/**
 * Antialiased resizing that gives PIL's values to the bit: a pass over the rows, then one over the
 * columns, each with weights of 22 fractional bits and rounded to 8 bits (Pillow's {@code
 * Resample.c}). Several times slower than {@link Resizer}; for what must not depend on who resized
 * it, validation and embedding.
 */
final class PilResizer {
  private static final int FRACTION_BITS = 22;
  private static final int HALF = 1 << (FRACTION_BITS - 1);

  private PilResizer() {}

  /**
   * Resizes a whole image.
   *
   * @param interpolation bicubic or bilinear
   * @return pixels of the current pointer scope, rows without gaps
   */
  static Pixels resize(Pixels image, int width, int height, Interpolation interpolation) {
    if (image.width() == width && image.height() == height) {
      return image;
    }
    Weights across = Weights.of(image.width(), width, interpolation);
    Weights down = Weights.of(image.height(), height, interpolation);
    int[][] rows = new int[image.height()][];
    byte[] source = new byte[3 * image.width()];
    BytePointer from = new BytePointer(image.data());
    long first = image.data().position();
    for (int y = 0; y < rows.length; y++) {
      from.position(first + y * image.stride()).get(source);
      rows[y] = across(source, across, width);
    }
    BytePointer to = new BytePointer(3L * width * height);
    int[] sums = new int[3 * width];
    byte[] row = new byte[3 * width];
    for (int y = 0; y < height; y++) {
      down(rows, down, y, sums);
      for (int i = 0; i < row.length; i++) {
        row[i] = (byte) rounded(sums[i]);
      }
      to.position(3L * width * y).put(row);
    }
    return new Pixels(to.position(0), width, height, 3L * width);
  }

  /** One row, resized across. */
  private static int[] across(byte[] source, Weights weights, int width) {
    int[] row = new int[3 * width];
    if (weights == null) {
      for (int i = 0; i < row.length; i++) {
        row[i] = source[i] & 0xff;
      }
      return row;
    }
    for (int x = 0; x < width; x++) {
      int[] taps = weights.taps[x];
      int at = 3 * weights.first[x];
      int red = HALF;
      int green = HALF;
      int blue = HALF;
      for (int tap : taps) {
        red += tap * (source[at] & 0xff);
        green += tap * (source[at + 1] & 0xff);
        blue += tap * (source[at + 2] & 0xff);
        at += 3;
      }
      row[3 * x] = rounded(red);
      row[3 * x + 1] = rounded(green);
      row[3 * x + 2] = rounded(blue);
    }
    return row;
  }

  /** The weighted sums of the rows under one target row. */
  private static void down(int[][] rows, Weights weights, int y, int[] sums) {
    Arrays.fill(sums, HALF);
    if (weights == null) {
      add(rows[y], 1 << FRACTION_BITS, sums);
      return;
    }
    int[] taps = weights.taps[y];
    for (int i = 0; i < taps.length; i++) {
      add(rows[weights.first[y] + i], taps[i], sums);
    }
  }

  /** A loop that the compiler turns into vector instructions. */
  private static void add(int[] row, int weight, int[] sums) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += weight * row[i];
    }
  }

  private static int rounded(int sum) {
    return Math.min(Math.max(sum >> FRACTION_BITS, 0), 255);
  }

  /**
   * Weights of the source pixels under each target pixel of an edge.
   *
   * @param first the first source pixel
   * @param taps the weights from there on, in units of 2^-22
   */
  private record Weights(int[] first, int[][] taps) {

    /** The weights, or null for an edge that keeps its length: PIL leaves out its pass. */
    static Weights of(int from, int to, Interpolation interpolation) {
      if (from == to) {
        return null;
      }
      double scale = (double) from / to;
      double stretch = Math.max(scale, 1);
      double support = (interpolation == Interpolation.BILINEAR ? 1 : 2) * stretch;
      int[] first = new int[to];
      int[][] taps = new int[to][];
      for (int i = 0; i < to; i++) {
        double center = (i + 0.5) * scale;
        int start = Math.max((int) (center - support + 0.5), 0);
        int end = Math.min((int) (center + support + 0.5), from);
        double[] weights = new double[end - start];
        double sum = 0;
        for (int j = 0; j < weights.length; j++) {
          weights[j] = kernel((j + start - center + 0.5) * (1 / stretch), interpolation);
          sum += weights[j];
        }
        first[i] = start;
        taps[i] = new int[weights.length];
        for (int j = 0; j < weights.length; j++) {
          double weight = (sum == 0 ? weights[j] : weights[j] / sum) * (1 << FRACTION_BITS);
          taps[i][j] = (int) (weight < 0 ? weight - 0.5 : weight + 0.5);
        }
      }
      return new Weights(first, taps);
    }

    /** Keys's cubic with a = -1/2, or the triangle. */
    private static double kernel(double offset, Interpolation interpolation) {
      double x = Math.abs(offset);
      if (interpolation == Interpolation.BILINEAR) {
        return x < 1 ? 1 - x : 0;
      }
      if (x < 1) {
        return (1.5 * x - 2.5) * x * x + 1;
      }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
    }
  }
}
