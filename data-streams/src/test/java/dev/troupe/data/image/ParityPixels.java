package dev.troupe.data.image;

import dev.troupe.data.sample.BadSampleException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * This project's side of {@code parity/images.py}: {@code ParityPixels SIZE OUT FILE…} writes what
 * the validation transform makes of image files to OUT, one after the other, as RGB bytes.
 */
public final class ParityPixels {
  private ParityPixels() {}

  public static void main(String[] arguments) throws Exception {
    ImageTransform transform =
        ImageTransforms.validation(Preprocess.of(Integer.parseInt(arguments[0])));
    try (OutputStream out = Files.newOutputStream(Path.of(arguments[1]))) {
      for (int i = 2; i < arguments.length; i++) {
        write(transform, Path.of(arguments[i]), Channels.newChannel(out));
      }
    }
  }

  private static void write(ImageTransform transform, Path image, WritableByteChannel out)
      throws IOException, BadSampleException {
    ByteBuffer pixels_HWC = ByteBuffer.allocateDirect(3 * transform.size() * transform.size());
    transform.apply(Files.readAllBytes(image), 0, pixels_HWC);
    pixels_HWC.clear();
    while (pixels_HWC.hasRemaining()) {
      out.write(pixels_HWC);
    }
  }
}
