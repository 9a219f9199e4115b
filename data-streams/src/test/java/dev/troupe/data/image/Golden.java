package dev.troupe.data.image;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Files made by {@code make_image_golden.py}. */
final class Golden {
  private Golden() {}

  /** All entries of an archive by name, in its order. */
  static Map<String, byte[]> read(String archive) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (InputStream stream = Golden.class.getResourceAsStream(archive);
        ZipInputStream zip = new ZipInputStream(stream)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        entries.put(entry.getName(), zip.readAllBytes());
      }
    }
    return entries;
  }

  /** RGB pixels with their size, as the archives hold them. */
  record Rgb(int width, int height, byte[] pixels) {
    static Rgb of(byte[] entry) {
      ByteBuffer buffer = ByteBuffer.wrap(entry);
      int width = buffer.getShort();
      int height = buffer.getShort();
      byte[] pixels = new byte[buffer.remaining()];
      buffer.get(pixels);
      return new Rgb(width, height, pixels);
    }

    static Rgb of(Pixels image) {
      byte[] pixels = new byte[3 * image.width() * image.height()];
      for (int y = 0; y < image.height(); y++) {
        long row = image.data().position() + y * image.stride();
        new org.bytedeco.javacpp.BytePointer(image.data())
            .position(row)
            .get(pixels, 3 * y * image.width(), 3 * image.width());
      }
      return new Rgb(image.width(), image.height(), pixels);
    }

    /** Greatest difference of a value. */
    int farthest(byte[] other) {
      int farthest = 0;
      for (int i = 0; i < pixels.length; i++) {
        farthest = Math.max(farthest, Math.abs((pixels[i] & 0xff) - (other[i] & 0xff)));
      }
      return farthest;
    }

    /** Share of values that differ by more than {@code tolerance}. */
    double shareBeyond(int tolerance, byte[] other) {
      int count = 0;
      for (int i = 0; i < pixels.length; i++) {
        count += Math.abs((pixels[i] & 0xff) - (other[i] & 0xff)) > tolerance ? 1 : 0;
      }
      return (double) count / pixels.length;
    }
  }
}
