package dev.troupe.data.image;

import java.util.List;

/**
 * What a model expects of its images: OpenCLIP's {@code preprocess_cfg}.
 *
 * @param size height and width, in pixels
 * @param mean mean of each channel, of values from 0 to 1; the device subtracts it
 * @param std standard deviation of each channel
 * @param interpolation kernel of resizing
 * @param resizeMode resizing in validation
 * @param fillColor value of the bars under {@link ResizeMode#LONGEST}, 0 to 255
 */
public record Preprocess(
    int size,
    List<Double> mean,
    List<Double> std,
    Interpolation interpolation,
    ResizeMode resizeMode,
    int fillColor) {

  /** Mean of OpenAI's training set: OpenCLIP's default. */
  public static final List<Double> OPENAI_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);

  /** Standard deviation of OpenAI's training set: OpenCLIP's default. */
  public static final List<Double> OPENAI_STD = List.of(0.26862954, 0.26130258, 0.27577711);

  /** Mean and standard deviation of SigLIP models: pixels from -1 to 1. */
  public static final List<Double> HALF = List.of(0.5, 0.5, 0.5);

  public Preprocess {
    if (size < 1) {
      throw new IllegalArgumentException("image size: " + size + " (expected: >= 1)");
    }
    mean = channels("image-mean", mean);
    std = channels("image-std", std);
    if (std.stream().anyMatch(value -> !(value > 0))) {
      throw new IllegalArgumentException("image-std: " + std + " (expected: > 0)");
    }
    if (fillColor < 0 || fillColor > 255) {
      throw new IllegalArgumentException("fill_color: " + fillColor + " (expected: 0 to 255)");
    }
  }

  /** OpenCLIP's defaults: OpenAI's statistics, bicubic, shortest edge. */
  public static Preprocess of(int size) {
    return new Preprocess(
        size, OPENAI_MEAN, OPENAI_STD, Interpolation.BICUBIC, ResizeMode.SHORTEST, 0);
  }

  /**
   * @param value one number for all channels, or three
   */
  public Preprocess withMean(List<Double> value) {
    return new Preprocess(size, value, std, interpolation, resizeMode, fillColor);
  }

  /**
   * @param value one number for all channels, or three
   */
  public Preprocess withStd(List<Double> value) {
    return new Preprocess(size, mean, value, interpolation, resizeMode, fillColor);
  }

  public Preprocess withInterpolation(Interpolation value) {
    return new Preprocess(size, mean, std, value, resizeMode, fillColor);
  }

  public Preprocess withResizeMode(ResizeMode value) {
    return new Preprocess(size, mean, std, interpolation, value, fillColor);
  }

  public Preprocess withFillColor(int value) {
    return new Preprocess(size, mean, std, interpolation, resizeMode, value);
  }

  private static List<Double> channels(String name, List<Double> values) {
    if (values.size() == 1) {
      return List.of(values.get(0), values.get(0), values.get(0));
    }
    if (values.size() != 3) {
      throw new IllegalArgumentException(name + ": " + values + " (expected: 1 or 3 numbers)");
    }
    return List.copyOf(values);
  }
}
