package dev.troupe.data.image;

import dev.troupe.data.sample.SampleRandom;

/**
 * Random erasing (Zhong et al., 2017) as timm's, with noise in each pixel: a rectangle of 2 to 33%
 * of the area, shared among the rectangles of a sample, of an aspect ratio from 0.3 to 1/0.3.
 *
 * <p>timm draws the noise from a normal distribution of the normalised values. Here it is drawn
 * alike, but brought back to pixels, so that it is rounded and cut at black and white.
 */
final class RandomErasing {
  private static final double MIN_AREA = 0.02;
  private static final double MAX_AREA = 1.0 / 3;
  private static final double LOG_ASPECT = Math.log(1 / 0.3);

  private final double probability;
  private final int maxCount;
  private final int size;
  private final double[] mean = new double[3];
  private final double[] std = new double[3];

  /**
   * @param maxCount most rectangles of a sample; their number is drawn from 1 on
   */
  RandomErasing(double probability, int maxCount, Preprocess preprocess) {
    this.probability = probability;
    this.maxCount = maxCount;
    size = preprocess.size();
    for (int c = 0; c < 3; c++) {
      mean[c] = 255 * preprocess.mean().get(c);
      std[c] = 255 * preprocess.std().get(c);
    }
  }

  /** Erases in place, in a share of the calls. */
  void apply(byte[] pixels_HWC, SampleRandom random) {
    if (random.nextDouble() >= probability) {
      return;
    }
    int count = 1 + random.below(maxCount);
    for (int i = 0; i < count; i++) {
      eraseOne(pixels_HWC, count, random);
    }
  }

  private void eraseOne(byte[] pixels_HWC, int count, SampleRandom random) {
    for (int attempt = 0; attempt < 10; attempt++) {
      double area = random.uniform(MIN_AREA, MAX_AREA) * size * size / count;
      double aspect = Math.exp(random.uniform(-LOG_ASPECT, LOG_ASPECT));
      int height = (int) Math.rint(Math.sqrt(area * aspect));
      int width = (int) Math.rint(Math.sqrt(area / aspect));
      if (width < size && height < size) {
        int top = random.below(size - height + 1);
        int left = random.below(size - width + 1);
        for (int y = top; y < top + height; y++) {
          for (int x = left; x < left + width; x++) {
            for (int c = 0; c < 3; c++) {
              double value = Math.rint(mean[c] + std[c] * random.gaussian());
              pixels_HWC[3 * (y * size + x) + c] = (byte) Math.max(0, Math.min(255, value));
            }
          }
        }
        return;
      }
    }
  }
}
