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
  private CmykJpeg() {}

  static Pixels decode(byte[] encoded, ImageHeader header) throws BadSampleException {
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
      int pixels = header.width() * header.height();
      if (header.layout() == Layout.YCCK) {
        toInverseCmyk(inks, pixels);
      }
      byte[] rgb = new byte[3 * pixels];
      for (int i = 0; i < pixels; i++) {
        int notBlack = inks[4 * i + 3] & 0xff;
        for (int c = 0; c < 3; c++) {
          rgb[3 * i + c] = withoutInk(inks[4 * i + c] & 0xff, notBlack);
        }
      }
      return new Pixels(new BytePointer(rgb), header.width(), header.height(), 3L * header.width());
    } catch (IOException | RuntimeException e) {
      throw new BadSampleException(header.describe() + ": " + e.getMessage(), e);
    } finally {
      reader.dispose();
    }
  }

  /** Light that is left under one ink, as PIL computes it. */
  private static byte withoutInk(int inverseInk, int notBlack) {
    int product = (255 - inverseInk) * notBlack + 128;
    return (byte) (notBlack - (((product >> 8) + product) >> 8));
  }

  /** Luma and chroma to inks, in libjpeg's fixed point of 16 bits. */
  private static void toInverseCmyk(byte[] inks, int pixels) {
    for (int i = 0; i < 4 * pixels; i += 4) {
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
