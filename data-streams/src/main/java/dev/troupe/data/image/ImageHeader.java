package dev.troupe.data.image;

import dev.troupe.data.sample.BadSampleException;
import java.nio.charset.StandardCharsets;

/**
 * What an image's first bytes say, read without decoding it. The format is told from the content,
 * whatever the file is called, as PIL does.
 *
 * @param format the format
 * @param width width of the stored image, in pixels; EXIF orientation is not applied
 * @param height height of the stored image
 * @param layout how the stored values become RGB
 */
public record ImageHeader(ImageFormat format, int width, int height, Layout layout) {

  /** Kinds of stored values that need different ways to RGB. */
  enum Layout {
    /** The decoder gives RGB as PIL's {@code convert("RGB")} does. */
    PLAIN,
    /** Four inks; values are stored inverted, as Adobe's software does and PIL expects. */
    CMYK,
    /** As {@link #CMYK}, with the first three stored as luma and chroma. */
    YCCK,
    /** 16 bits of grey; PIL cuts values at 255 instead of scaling them. */
    GREY16
  }

  /**
   * Reads a header and looks for faults that show without decoding.
   *
   * @throws BadSampleException if the data is no JPEG, PNG or WebP, is cut off, or its header is
   *     broken
   */
  public static ImageHeader read(byte[] encoded) throws BadSampleException {
    if (JpegHeader.matches(encoded)) {
      return JpegHeader.read(encoded);
    }
    if (PngHeader.matches(encoded)) {
      return PngHeader.read(encoded);
    }
    if (WebpHeader.matches(encoded)) {
      return WebpHeader.read(encoded);
    }
    throw new BadSampleException(
        encoded.length == 0
            ? "image: empty file"
            : "image: " + otherFormat(encoded) + " (expected: JPEG, PNG or WebP)");
  }

  /** Refuses images of more pixels than {@code limit}. */
  ImageHeader checkPixels(long limit) throws BadSampleException {
    if ((long) width * height > limit) {
      throw new BadSampleException(
          describe() + ": " + (long) width * height + " pixels (expected: <= " + limit + ")");
    }
    return this;
  }

  /** Format and size, for messages. */
  String describe() {
    return format + " " + width + "x" + height;
  }

  private static String otherFormat(byte[] encoded) {
    String start =
        new String(encoded, 0, Math.min(encoded.length, 256), StandardCharsets.ISO_8859_1);
    if (start.startsWith("GIF8")) {
      return "GIF";
    }
    if (start.startsWith("BM")) {
      return "BMP";
    }
    if (start.startsWith("II*\0") || start.startsWith("MM\0*")) {
      return "TIFF";
    }
    if (start.startsWith("ftyp", 4)) {
      return start.startsWith("avif", 8) ? "AVIF" : "HEIF or another ISO media file";
    }
    if (start.stripLeading().startsWith("<")) {
      return "HTML, XML or SVG text";
    }
    if (start.chars().allMatch(c -> c == 0)) {
      return "zeros";
    }
    return "unknown format";
  }
}
