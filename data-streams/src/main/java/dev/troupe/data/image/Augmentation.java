package dev.troupe.data.image;

import java.util.ArrayList;
import java.util.List;

/**
 * Random changes of training images: OpenCLIP's {@code --aug-cfg}.
 *
 * <p>As in OpenCLIP, {@code useTimm} chooses between two transforms that read different keys: the
 * plain one takes scale, colour jitter (four strengths, with a probability) and grey scale; timm's
 * takes scale, ratio, colour jitter (always applied) and random erasing. {@link #ignoredKeys} names
 * those that are set but have no effect.
 *
 * @param scale least and greatest share of the image's area that a crop keeps
 * @param ratio least and greatest aspect ratio of a crop (timm's); null for 3/4 to 4/3
 * @param colorJitter strength of brightness, contrast, saturation, hue: one, three (timm's) or four
 *     numbers; null for none
 * @param colorJitterProb share of samples that are jittered (plain); null for none
 * @param grayScaleProb share of samples that turn grey (plain); null for none
 * @param reProb share of samples with rectangles erased (timm's); null for none
 * @param reCount most rectangles erased in a sample (timm's); null for 1
 * @param useTimm timm's transform in place of torchvision's
 */
public record Augmentation(
    List<Double> scale,
    List<Double> ratio,
    List<Double> colorJitter,
    Double colorJitterProb,
    Double grayScaleProb,
    Double reProb,
    Integer reCount,
    boolean useTimm) {

  /** OpenCLIP's default range of a crop's area. */
  public static final List<Double> DEFAULT_SCALE = List.of(0.9, 1.0);

  static final List<Double> DEFAULT_RATIO = List.of(3.0 / 4.0, 4.0 / 3.0);

  public Augmentation {
    range("scale", scale);
    if (ratio != null) {
      range("ratio", ratio);
    }
    probability("color_jitter_prob", colorJitterProb);
    probability("gray_scale_prob", grayScaleProb);
    probability("re_prob", reProb);
    if (reCount != null && reCount < 1) {
      throw new IllegalArgumentException("re_count: " + reCount + " (expected: >= 1)");
    }
    if (colorJitter != null) {
      checkJitter(colorJitter);
      if (useTimm && colorJitter.size() == 2) {
        throw new IllegalArgumentException(
            "color_jitter: " + colorJitter + " (expected: 1, 3 or 4 numbers)");
      }
    }
    if (!useTimm && colorJitterProb != null && colorJitterProb > 0) {
      if (colorJitter == null || colorJitter.size() != 4) {
        throw new IllegalArgumentException(
            "color_jitter: "
                + colorJitter
                + " (expected: 4 numbers with color_jitter_prob: brightness, contrast,"
                + " saturation, hue)");
      }
    }
  }

  /** OpenCLIP's default: crops of 90 to 100% of the area, nothing else. */
  public static Augmentation defaults() {
    return new Augmentation(DEFAULT_SCALE, null, null, null, null, null, null, false);
  }

  /** Keys that are set but that the chosen transform does not read. */
  public List<String> ignoredKeys() {
    List<String> keys = new ArrayList<>();
    if (useTimm) {
      addIfSet(keys, "color_jitter_prob", colorJitterProb);
      addIfSet(keys, "gray_scale_prob", grayScaleProb);
    } else {
      addIfSet(keys, "ratio", ratio);
      addIfSet(keys, "re_prob", reProb);
      addIfSet(keys, "re_count", reCount);
      if (colorJitter != null && (colorJitterProb == null || colorJitterProb == 0)) {
        keys.add("color_jitter");
      }
    }
    return keys;
  }

  private static void addIfSet(List<String> keys, String key, Object value) {
    if (value != null) {
      keys.add(key);
    }
  }

  private static void range(String name, List<Double> values) {
    if (values.size() != 2 || !(values.get(0) > 0) || !(values.get(0) <= values.get(1))) {
      throw new IllegalArgumentException(
          name + ": " + values + " (expected: two numbers above 0, the smaller first)");
    }
  }

  private static void probability(String name, Double value) {
    if (value != null && !(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 0 to 1)");
    }
  }

  private static void checkJitter(List<Double> values) {
    boolean valid = !values.isEmpty() && values.size() <= 4;
    for (int i = 0; valid && i < values.size(); i++) {
      valid = values.get(i) >= 0 && (i < 3 || values.get(i) <= 0.5);
    }
    if (!valid) {
      throw new IllegalArgumentException(
          "color_jitter: " + values + " (expected: numbers >= 0, the hue's <= 0.5)");
    }
  }
}
