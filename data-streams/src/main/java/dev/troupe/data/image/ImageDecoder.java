package dev.troupe.data.image;

import static org.bytedeco.opencv.global.opencv_core.CV_16UC1;
import static org.bytedeco.opencv.global.opencv_core.CV_8U;
import static org.bytedeco.opencv.global.opencv_core.CV_8UC3;
import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_COLOR_RGB;
import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION;
import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_2;
import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_4;
import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_8;
import static org.bytedeco.opencv.global.opencv_imgcodecs.IMREAD_UNCHANGED;
import static org.bytedeco.opencv.global.opencv_imgcodecs.imdecode;

import dev.troupe.data.image.ImageHeader.Layout;
import dev.troupe.data.sample.BadSampleException;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.ShortPointer;
import org.bytedeco.opencv.opencv_core.Mat;

/**
 * Decodes to RGB as PIL's {@code convert("RGB")} does: transparency is dropped, not blended; EXIF
 * orientation is not applied; of an animation the first frame counts. libjpeg-turbo, libpng and
 * libwebp do the work, through OpenCV.
 */
final class ImageDecoder {
  private ImageDecoder() {}

  /**
   * Decodes into memory of the current pointer scope.
   *
   * @param header what {@link ImageHeader#read} told of the data
   * @param reduction 1, or 2, 4, 8 for a JPEG at that fraction of its size (rounded up)
   * @throws BadSampleException if the data is cut off or corrupt
   */
  static Pixels decode(byte[] encoded, ImageHeader header, int reduction)
      throws BadSampleException {
    if (header.layout() == Layout.CMYK || header.layout() == Layout.YCCK) {
      return CmykJpeg.decode(encoded, header);
    }
    boolean grey16 = header.layout() == Layout.GREY16;
    int flags = IMREAD_IGNORE_ORIENTATION;
    flags = grey16 ? IMREAD_UNCHANGED : flags | IMREAD_COLOR_RGB | reducedFlag(reduction);
    Mat image = read(encoded, header, flags);
    int width = (header.width() + reduction - 1) / reduction;
    int height = (header.height() + reduction - 1) / reduction;
    if (image.cols() != width || image.rows() != height) {
      throw new BadSampleException(
          header.describe() + ": decodes to " + image.cols() + "x" + image.rows() + " pixels");
    }
    int type = grey16 ? CV_16UC1 : CV_8UC3;
    if (image.type() != type) {
      throw new BadSampleException(
          header.describe() + ": decodes to type " + image.type() + " (expected: " + type + ")");
    }
    return grey16
        ? cutAt255(image)
        : new Pixels(new BytePointer(image.data()), width, height, image.step());
  }

  private static Mat read(byte[] encoded, ImageHeader header, int flags) throws BadSampleException {
    Mat image;
    try {
      image = imdecode(new Mat(1, encoded.length, CV_8U, new BytePointer(encoded)), flags);
    } catch (RuntimeException e) {
      throw new BadSampleException(header.describe() + ": does not decode (corrupt)", e);
    }
    if (image.empty()) {
      throw new BadSampleException(header.describe() + ": does not decode (corrupt or cut off)");
    }
    return image;
  }

  /** The scale alone: these flags hold nothing else, whatever their names say. */
  private static int reducedFlag(int reduction) {
    switch (reduction) {
      case 1:
        return 0;
      case 2:
        return IMREAD_REDUCED_GRAYSCALE_2;
      case 4:
        return IMREAD_REDUCED_GRAYSCALE_4;
      case 8:
        return IMREAD_REDUCED_GRAYSCALE_8;
      default:
        throw new IllegalArgumentException("reduction: " + reduction + " (expected: 1, 2, 4, 8)");
    }
  }

  /** 16 bits of grey to RGB as PIL does it, which makes most such images white. */
  private static Pixels cutAt255(Mat image) {
    int width = image.cols();
    long stride = 3L * width;
    BytePointer rgb = new BytePointer(stride * image.rows());
    short[] values = new short[width];
    byte[] row = new byte[3 * width];
    for (int y = 0; y < image.rows(); y++) {
      new ShortPointer(image.ptr(y)).get(values);
      for (int i = 0; i < row.length; i++) {
        row[i] = (byte) Math.min(values[i / 3] & 0xffff, 255);
      }
      rgb.position(y * stride).put(row);
    }
    return new Pixels(rgb.position(0), width, image.rows(), stride);
  }
}
