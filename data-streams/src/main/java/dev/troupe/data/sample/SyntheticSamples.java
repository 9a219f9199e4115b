package dev.troupe.data.sample;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** Black images with one caption, as OpenCLIP's {@code SyntheticDataset}. */
final class SyntheticSamples implements SampleShard {
  private final int count;
  private final RawSample sample;

  SyntheticSamples(int count, int imageSize) {
    this.count = count;
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      ImageIO.write(
          new BufferedImage(imageSize, imageSize, BufferedImage.TYPE_INT_RGB), "png", png);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.sample = new RawSample(png.toByteArray(), "Dummy caption");
  }

  @Override
  public int size() {
    return count;
  }

  @Override
  public String key(int ordinal) {
    return Integer.toString(ordinal);
  }

  @Override
  public RawSample read(int ordinal, long seed) {
    return sample;
  }

  @Override
  public void close() {}
}
