package dev.troupe.data.image;

import dev.troupe.data.image.ImageHeader.Layout;
import dev.troupe.data.sample.BadSampleException;
import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.bytedeco.javacpp.BytePointer;

/**
 * JPEGs of four inks, which are rare, by the JDK's decoder: it hands out the inks, where OpenCV
 * gives only its own conversion of them, which is off by one from PIL's.
 */
final class CmykJpeg {
  /** More would not fit into the heap beside other images: a pixel takes 4 bytes of it. */
  private static final long MOST_PIXELS = 1 << 25;

  private CmykJpeg() {}

  static Pixels decode(byte[] encoded, ImageHeader header) throws BadSampleException {
    header.checkPixels(MOST_PIXELS);
    ImageReader reader = ImageIO.getImageReadersByFormatName("jpeg").next();
    try (var input = new MemoryCacheImageInputStream(new ByteArrayInputStream(encoded))) {
      reader.setInput(input, true, true);
      Raster raster = reader.readRaster(0, null);
      if (raster.getWidth() != header.width()
          || raster.getHeight() != header.height()
          || raster.getNumBands() != 4
          || !(raster.getSampleModel() instanceof PixelInterleavedSampleModel)) {
        throw new BadSampleException(header.describe() + ": decodes to something else");
      }
      byte[] inks = ((DataBufferByte) raster.getDataBuffer()).getData();
      if (header.layout() == Layout.YCCK) {
        toInverseCmyk(inks);
      }
      return toRgb(inks, header.width(), header.height());
    } catch (IOException | RuntimeException e) {
      throw new BadSampleException(header.describe() + ": " + e.getMessage(), e);
    } finally {
      reader.dispose();
    }
  }

  private static Pixels toRgb(byte[] inks, int width, int height) {
    long stride = 3L * width;
    BytePointer rgb = new BytePointer(stride * height);
    byte[] row = new byte[3 * width];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int at = 4 * (y * width + x);
        for (int c = 0; c < 3; c++) {
          row[3 * x + c] = withoutInk(inks[at + c] & 0xff, inks[at + 3] & 0xff);
        }
      }
      rgb.position(y * stride).put(row);
    }
    return new Pixels(rgb.position(0), width, height, stride);
  }

  /** Light that is left under one ink, as PIL computes it. */
  private static byte withoutInk(int inverseInk, int notBlack) {
    int product = (255 - inverseInk) * notBlack + 128;
    return (byte) (notBlack - (((product >> 8) + product) >> 8));
  }

  /** Luma and chroma to inks, in libjpeg's fixed point of 16 bits. */
  private static void toInverseCmyk(byte[] inks) {
    for (int i = 0; i < inks.length; i += 4) {
      int luma = inks[i] & 0xff;
      int blue = (inks[i + 1] & 0xff) - 128;
      int red = (inks[i + 2] & 0xff) - 128;
      inks[i] = clip(255 - (luma + (91881 * red + 32768 >> 16)));
      inks[i + 1] = clip(255 - (luma + (-22554 * blue - 46802 * red + 32768 >> 16)));
      inks[i + 2] = clip(255 - (luma + (116130 * blue + 32768 >> 16)));
    }
  }

  private static byte clip(int value) {
    return (byte) Math.max(0, Math.min(255, value));
  }
}
