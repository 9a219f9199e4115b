package dev.troupe.data.image;

import dev.troupe.data.image.ImageHeader.Layout;
import dev.troupe.data.sample.BadSampleException;
import java.nio.charset.StandardCharsets;

/** Reads the size out of a WebP's first chunk (RFC 9649). */
final class WebpHeader {
  private WebpHeader() {}

  static boolean matches(byte[] data) {
    return data.length >= 12 && tag(data, 0).equals("RIFF") && tag(data, 8).equals("WEBP");
  }

  static ImageHeader read(byte[] data) throws BadSampleException {
    long size = 8 + (u24(data, 4) | (data[7] & 0xffL) << 24);
    require(data, Math.max(size, 25));
    switch (tag(data, 12)) {
      case "VP8X":
        require(data, 30);
        return header(1 + u24(data, 24), 1 + u24(data, 27));
      case "VP8L":
        int bits = u24(data, 21) | (data[24] & 0xff) << 24;
        return header(1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff));
      case "VP8 ":
        require(data, 30);
        return header(u24(data, 26) & 0x3fff, u24(data, 27) >> 8 & 0x3fff);
      default:
        throw new BadSampleException("WebP: unknown chunk " + tag(data, 12));
    }
  }

  private static void require(byte[] data, long size) throws BadSampleException {
    if (data.length < size) {
      throw new BadSampleException(
          "WebP: cut off (" + data.length + " bytes; expected: " + size + ")");
    }
  }

  private static ImageHeader header(int width, int height) throws BadSampleException {
    if (width == 0 || height == 0) {
      throw new BadSampleException("WebP: " + width + "x" + height + " pixels (expected: some)");
    }
    return new ImageHeader(ImageFormat.WEBP, width, height, Layout.PLAIN);
  }

  private static String tag(byte[] data, int at) {
    return new String(data, at, 4, StandardCharsets.ISO_8859_1);
  }

  private static int u24(byte[] data, int at) {
    return data[at] & 0xff | (data[at + 1] & 0xff) << 8 | (data[at + 2] & 0xff) << 16;
  }
}
