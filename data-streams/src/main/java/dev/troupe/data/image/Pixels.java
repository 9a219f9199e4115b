package dev.troupe.data.image;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;

/**
 * An image in native memory: uint8, RGB, row by row. Belongs to the pointer scope in which it was
 * made and is gone with it.
 *
 * @param data first pixel
 * @param width in pixels
 * @param height in pixels
 * @param stride bytes from one row to the next
 */
record Pixels(BytePointer data, int width, int height, long stride) {

  /**
   * Copies what overlaps with a square target; the rest of the target stays as it is.
   *
   * @param target_HWC buffer of {@code size·size·3} bytes from its position on
   * @param left column of this image at the target's left edge; negative to leave a bar there
   * @param top row of this image at the target's upper edge; negative to leave a bar there
   */
  void copyTo(ByteBuffer target_HWC, int size, int left, int top) {
    ByteBuffer source =
        new BytePointer(data)
            .capacity(data.position() + stride * (height - 1) + 3L * width)
            .asByteBuffer();
    int firstColumn = Math.max(left, 0);
    int columns = Math.min(left + size, width) - firstColumn;
    int lastRow = Math.min(top + size, height);
    for (int row = Math.max(top, 0); row < lastRow; row++) {
      int to = target_HWC.position() + 3 * ((row - top) * size + firstColumn - left);
      target_HWC.put(to, source, (int) (row * stride + 3L * firstColumn), 3 * columns);
    }
  }
}
