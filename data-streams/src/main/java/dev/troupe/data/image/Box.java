package dev.troupe.data.image;

import dev.troupe.data.sample.SampleRandom;
import java.util.List;

/** A region of an image, in whole pixels. */
record Box(int left, int top, int width, int height) {

  /**
   * The region of torchvision's {@code RandomResizedCrop}: its share of the area and its aspect
   * ratio drawn from the ranges given; after ten draws that do not fit, the largest centred region
   * of a permitted ratio.
   */
  static Box randomCrop(
      int width, int height, List<Double> scale, List<Double> ratio, SampleRandom random) {
    double area = (double) width * height;
    double logLow = Math.log(ratio.get(0));
    double logHigh = Math.log(ratio.get(1));
    for (int attempt = 0; attempt < 10; attempt++) {
      double share = area * random.uniform(scale.get(0), scale.get(1));
      double aspect = Math.exp(random.uniform(logLow, logHigh));
      int w = (int) Math.rint(Math.sqrt(share * aspect));
      int h = (int) Math.rint(Math.sqrt(share / aspect));
      if (0 < w && w <= width && 0 < h && h <= height) {
        int top = random.below(height - h + 1);
        int left = random.below(width - w + 1);
        return new Box(left, top, w, h);
      }
    }
    double aspect = (double) width / height;
    int w = width;
    int h = height;
    if (aspect < ratio.get(0)) {
      h = (int) Math.rint(w / ratio.get(0));
    } else if (aspect > ratio.get(1)) {
      w = (int) Math.rint(h * ratio.get(1));
    }
    return new Box((width - w) / 2, (height - h) / 2, w, h);
  }

  /**
   * The same region of the image at 1/{@code reduction}, its edges rounded to whole pixels there.
   */
  Box reduced(int reduction, int reducedWidth, int reducedHeight) {
    int x0 = Math.min((left + reduction / 2) / reduction, reducedWidth - 1);
    int y0 = Math.min((top + reduction / 2) / reduction, reducedHeight - 1);
    int x1 = Math.min((left + width + reduction / 2) / reduction, reducedWidth);
    int y1 = Math.min((top + height + reduction / 2) / reduction, reducedHeight);
    return new Box(x0, y0, Math.max(1, x1 - x0), Math.max(1, y1 - y0));
  }
}
