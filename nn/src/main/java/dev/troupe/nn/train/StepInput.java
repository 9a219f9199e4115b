package dev.troupe.nn.train;

import java.nio.ByteBuffer;

/**
 * One rank's share of a global batch. The buffers are direct and are read, not copied, during
 * {@link ClipTrainer#step}.
 *
 * @param size number of samples N; may be 0
 * @param images pixels, uint8, N×H×W×3 if {@code channelsLast}, else N×3×H×W
 * @param channelsLast the order of {@code images}
 * @param imageSize H and W
 * @param tokens token ids, int32 in native order, N×L
 * @param contextLength L
 * @param longestCaption tokens of the longest caption, start and end included
 */
public record StepInput(
    int size,
    ByteBuffer images,
    boolean channelsLast,
    int imageSize,
    ByteBuffer tokens,
    int contextLength,
    int longestCaption) {
  public StepInput {
    require(images.isDirect() && tokens.isDirect(), "images and tokens: heap buffers", "direct");
    require(
        images.remaining() >= size * 3L * imageSize * imageSize,
        "images: " + images.remaining() + " bytes",
        "N*3*H*W = " + size * 3L * imageSize * imageSize);
    require(
        tokens.remaining() >= size * 4L * contextLength,
        "tokens: " + tokens.remaining() + " bytes",
        "N*L*4 = " + size * 4L * contextLength);
  }

  private static void require(boolean holds, String what, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(what + " (expected: " + expected + ")");
    }
  }
}
