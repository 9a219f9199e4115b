package dev.troupe.data.image;

import dev.troupe.data.sample.SampleRandom;
import java.util.List;

/**
 * torchvision's {@code ColorJitter}: brightness, contrast, saturation and hue changed by drawn
 * factors, in a drawn order.
 */
final class ColorJitter {
  private final double brightness;
  private final double contrast;
  private final double saturation;
  private final double hue;

  /**
   * @param strengths brightness, contrast, saturation (factors from 1 - strength, at least 0, to 1
   *     + strength) and hue (turns up to it), or one number for the first three
   */
  ColorJitter(List<Double> strengths) {
    boolean one = strengths.size() == 1;
    brightness = strengths.get(0);
    contrast = strengths.get(one ? 0 : 1);
    saturation = strengths.get(one ? 0 : 2);
    hue = strengths.size() == 4 ? strengths.get(3) : 0;
  }

  /** Changes RGB pixels in place. */
  void apply(byte[] rgb, SampleRandom random) {
    int[] order = {0, 1, 2, 3};
    for (int i = 3; i > 0; i--) {
      int j = random.below(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    double brightnessFactor = factor(brightness, random);
    double contrastFactor = factor(contrast, random);
    double saturationFactor = factor(saturation, random);
    double turn = random.uniform(-hue, hue);
    for (int operation : order) {
      if (operation == 0 && brightness > 0) {
        Colors.brightness(rgb, (float) brightnessFactor);
      } else if (operation == 1 && contrast > 0) {
        Colors.contrast(rgb, (float) contrastFactor);
      } else if (operation == 2 && saturation > 0) {
        Colors.saturation(rgb, (float) saturationFactor);
      } else if (operation == 3 && hue > 0) {
        Colors.hue(rgb, turn);
      }
    }
  }

  private static double factor(double strength, SampleRandom random) {
    return random.uniform(Math.max(0, 1 - strength), 1 + strength);
  }
}
