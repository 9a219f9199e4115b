package dev.troupe.data.image;

import dev.troupe.data.image.ImageHeader.Layout;
import dev.troupe.data.sample.BadSampleException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * Reads a PNG's chunks (W3C PNG, third edition): IHDR's values, and that all of them are there with
 * the right checksums.
 */
final class PngHeader {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

  private PngHeader() {}

  static boolean matches(byte[] data) {
    if (data.length < SIGNATURE.length) {
      return false;
    }
    for (int i = 0; i < SIGNATURE.length; i++) {
      if (data[i] != SIGNATURE[i]) {
        return false;
      }
    }
    return true;
  }

  static ImageHeader read(byte[] data) throws BadSampleException {
    int start = SIGNATURE.length;
    if (data.length < start + 25 || !type(data, start).equals("IHDR") || i32(data, start) != 13) {
      throw new BadSampleException("PNG: no IHDR chunk of 13 bytes at its start");
    }
    int width = i32(data, start + 8);
    int height = i32(data, start + 12);
    if (width < 1 || height < 1) {
      throw new BadSampleException("PNG: " + width + "x" + height + " pixels (expected: some)");
    }
    checkChunks(data);
    boolean grey = data[start + 17] == 0;
    boolean deep = data[start + 16] == 16;
    return new ImageHeader(
        ImageFormat.PNG, width, height, grey && deep ? Layout.GREY16 : Layout.PLAIN);
  }

  /** Finds missing ends and wrong checksums, which libpng would report on the terminal itself. */
  private static void checkChunks(byte[] data) throws BadSampleException {
    boolean pixels = false;
    int at = SIGNATURE.length;
    while (at + 12 <= data.length) {
      int length = i32(data, at);
      String type = type(data, at);
      if (length < 0 || at + 12L + length > data.length) {
        throw new BadSampleException("PNG: cut off (within its " + type + " chunk)");
      }
      CRC32 crc = new CRC32();
      crc.update(data, at + 4, 4 + length);
      if ((int) crc.getValue() != i32(data, at + 8 + length)) {
        throw new BadSampleException("PNG: wrong checksum of its " + type + " chunk");
      }
      pixels |= type.equals("IDAT");
      if (type.equals("IEND")) {
        if (!pixels) {
          throw new BadSampleException("PNG: no IDAT chunk");
        }
        return;
      }
      at += 12 + length;
    }
    throw new BadSampleException("PNG: cut off (no IEND chunk)");
  }

  private static String type(byte[] data, int chunk) {
    return new String(data, chunk + 4, 4, StandardCharsets.ISO_8859_1);
  }

  private static int i32(byte[] data, int at) {
    return (data[at] & 0xff) << 24
        | (data[at + 1] & 0xff) << 16
        | (data[at + 2] & 0xff) << 8
        | (data[at + 3] & 0xff);
  }
}
