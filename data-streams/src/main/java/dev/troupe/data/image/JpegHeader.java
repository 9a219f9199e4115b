package dev.troupe.data.image;

import dev.troupe.data.image.ImageHeader.Layout;
import dev.troupe.data.sample.BadSampleException;

/** Reads a JPEG's segments up to its first scan (ITU-T T.81, annex B). */
final class JpegHeader {
  private static final int SOI = 0xd8;
  private static final int EOI = 0xd9;
  private static final int SOS = 0xda;
  private static final int DHT = 0xc4;
  private static final int JPG = 0xc8;
  private static final int DAC = 0xcc;
  private static final int APP14 = 0xee;

  private JpegHeader() {}

  static boolean matches(byte[] data) {
    return data.length >= 3
        && (data[0] & 0xff) == 0xff
        && (data[1] & 0xff) == SOI
        && (data[2] & 0xff) == 0xff;
  }

  static ImageHeader read(byte[] data) throws BadSampleException {
    int width = 0;
    int height = 0;
    int components = 0;
    int adobeTransform = 0;
    int at = 2;
    while (true) {
      int marker = marker(data, at);
      at = afterMarker(data, at);
      if (marker == SOS) {
        break;
      }
      if (marker == EOI) {
        throw new BadSampleException("JPEG: ends without an image");
      }
      if (standsAlone(marker)) {
        continue;
      }
      int length = at + 2 <= data.length ? u16(data, at) : 0;
      if (length < 2 || at + length > data.length) {
        throw cut("within its header");
      }
      if (isFrame(marker) && length >= 8) {
        int bits = data[at + 2] & 0xff;
        if (bits != 8) {
          throw new BadSampleException("JPEG: " + bits + " bits a value (expected: 8)");
        }
        height = u16(data, at + 3);
        width = u16(data, at + 5);
        components = data[at + 7] & 0xff;
      } else if (marker == APP14 && length >= 14 && isAdobe(data, at + 2)) {
        adobeTransform = data[at + 13] & 0xff;
      }
      at += length;
    }
    if (width == 0 || height == 0) {
      throw new BadSampleException("JPEG: " + width + "x" + height + " pixels (expected: some)");
    }
    if (components != 1 && components != 3 && components != 4) {
      throw new BadSampleException("JPEG: " + components + " components (expected: 1, 3 or 4)");
    }
    if (!hasEnd(data, at)) {
      throw cut("no end marker");
    }
    Layout layout = components < 4 ? Layout.PLAIN : adobeTransform == 2 ? Layout.YCCK : Layout.CMYK;
    return new ImageHeader(ImageFormat.JPEG, width, height, layout);
  }

  /** The marker at {@code at}, past any fill bytes. */
  private static int marker(byte[] data, int at) throws BadSampleException {
    int end = afterMarker(data, at);
    return data[end - 1] & 0xff;
  }

  private static int afterMarker(byte[] data, int from) throws BadSampleException {
    int at = from;
    // Like libjpeg, skips what is no marker.
    while (at < data.length && (data[at] & 0xff) != 0xff) {
      at++;
    }
    while (at < data.length && (data[at] & 0xff) == 0xff) {
      at++;
    }
    if (at >= data.length) {
      throw cut("within its header");
    }
    return data[at] == 0 ? afterMarker(data, at + 1) : at + 1;
  }

  private static boolean standsAlone(int marker) {
    return marker == 0x01 || (marker >= 0xd0 && marker <= SOI);
  }

  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != DHT && marker != JPG && marker != DAC;
  }

  private static boolean isAdobe(byte[] data, int at) {
    return data[at] == 'A'
        && data[at + 1] == 'd'
        && data[at + 2] == 'o'
        && data[at + 3] == 'b'
        && data[at + 4] == 'e';
  }

  /** Whether an end marker follows the first scan; anything may stand behind it. */
  private static boolean hasEnd(byte[] data, int scan) {
    for (int at = data.length - 2; at >= scan; at--) {
      if ((data[at + 1] & 0xff) == EOI && (data[at] & 0xff) == 0xff) {
        return true;
      }
    }
    return false;
  }

  private static int u16(byte[] data, int at) {
    return (data[at] & 0xff) << 8 | (data[at + 1] & 0xff);
  }

  private static BadSampleException cut(String where) {
    return new BadSampleException("JPEG: cut off (" + where + ")");
  }
}
