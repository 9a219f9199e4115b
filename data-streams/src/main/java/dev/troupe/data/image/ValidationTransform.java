package dev.troupe.data.image;

import dev.troupe.data.sample.BadSampleException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;

/**
 * OpenCLIP's validation transform: resized by one of three modes, then cut or padded to a square.
 */
final class ValidationTransform implements ImageTransform {
  private final Preprocess preprocess;
  private final Interpolation interpolation;
  private final DecodeOptions options;

  ValidationTransform(Preprocess preprocess, DecodeOptions options) {
    this.preprocess = preprocess;
    this.options = options;
    boolean bilinear = preprocess.interpolation() == Interpolation.BILINEAR;
    interpolation = bilinear ? Interpolation.BILINEAR : Interpolation.BICUBIC;
  }

  @Override
  public int size() {
    return preprocess.size();
  }

  @Override
  public void apply(byte[] encoded, long sampleSeed, ByteBuffer target_HWC)
      throws BadSampleException {
    ImageHeader header = ImageHeader.read(encoded).checkPixels(options.pixelLimit());
    int[] resizedSize = resizedSize(header.width(), header.height());
    int width = resizedSize[0];
    int height = resizedSize[1];
    if (width < 1 || height < 1 || (long) width * height > options.pixelLimit()) {
      throw new BadSampleException(
          header.describe() + ": too elongated, resizes to " + width + "x" + height + " pixels");
    }
    try (PointerScope scope = new PointerScope()) {
      int reduction = options.reduction(header, header.width(), header.height(), width, height);
      Pixels image = ImageDecoder.decode(encoded, header, reduction);
      Pixels resized = PilResizer.resize(image, width, height, interpolation);
      if (width < size() || height < size()) {
        fill(target_HWC);
      }
      resized.copyTo(target_HWC, size(), offset(width), offset(height));
    }
  }

  /** Width and height after resizing, with the roundings of torchvision and timm. */
  private int[] resizedSize(int width, int height) {
    int size = size();
    switch (preprocess.resizeMode()) {
      case SQUASH:
        return new int[] {size, size};
      case LONGEST:
        double ratio = Math.max(width / (double) size, height / (double) size);
        return new int[] {(int) Math.rint(width / ratio), (int) Math.rint(height / ratio)};
      default:
        return width <= height
            ? new int[] {size, (int) ((double) ((long) size * height) / width)}
            : new int[] {(int) ((double) ((long) size * width) / height), size};
    }
  }

  /** Where the target starts in the resized image: its centre, or before it if it is smaller. */
  private int offset(int resized) {
    int size = size();
    return resized < size ? -((size - resized) / 2) : (int) Math.rint((resized - size) / 2.0);
  }

  private void fill(ByteBuffer target_HWC) {
    byte[] bytes = new byte[3 * size() * size()];
    Arrays.fill(bytes, (byte) preprocess.fillColor());
    target_HWC.duplicate().put(bytes);
  }
}
