package dev.troupe.data.image;

import dev.troupe.data.image.ImageHeader.Layout;

/**
 * How images are decoded.
 *
 * @param pixelLimit most pixels of an image; larger ones are refused before they are decoded
 * @param scaledJpeg whether JPEGs that are much larger than the target are decoded at 1/2, 1/4 or
 *     1/8 of their size, which costs a fraction of the time and gives slightly other pixels
 */
public record DecodeOptions(long pixelLimit, boolean scaledJpeg) {

  /** PIL's limit for what it calls a decompression bomb: twice 89,478,485. */
  public static final long PIL_PIXEL_LIMIT = 178_956_970;

  /** Full decoding, PIL's pixel limit: for validation. */
  public static final DecodeOptions EXACT = new DecodeOptions(PIL_PIXEL_LIMIT, false);

  /** Scaled decoding where it pays, PIL's pixel limit: for training. */
  public static final DecodeOptions FAST = new DecodeOptions(PIL_PIXEL_LIMIT, true);

  public DecodeOptions {
    if (pixelLimit < 1) {
      throw new IllegalArgumentException("pixel limit: " + pixelLimit + " (expected: >= 1)");
    }
  }

  /**
   * At which fraction to decode, as its denominator: the smallest JPEG scale at which a region of
   * {@code width} x {@code height} still has the pixels of its target.
   */
  int reduction(ImageHeader header, int width, int height, int targetWidth, int targetHeight) {
    if (!scaledJpeg || header.format() != ImageFormat.JPEG || header.layout() != Layout.PLAIN) {
      return 1;
    }
    int reduction = 1;
    while (reduction < 8
        && width >= 2 * reduction * targetWidth
        && height >= 2 * reduction * targetHeight) {
      reduction *= 2;
    }
    return reduction;
  }
}
