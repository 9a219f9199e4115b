package dev.troupe.runtime.settings;

import java.util.List;
import java.util.Optional;

/**
 * OpenCLIP's {@code --aug-cfg}.
 *
 * @param scale least and greatest share of the image's area that a crop keeps
 * @param ratio least and greatest aspect ratio of a crop
 * @param colorJitter strength of brightness, contrast, saturation (and hue): one number, three or
 *     four; empty for none
 * @param colorJitterProb share of samples that are jittered
 * @param grayScaleProb share of samples turned to grey
 * @param reProb share of samples with a random rectangle erased
 * @param reCount rectangles erased
 * @param useTimm timm's transform in place of torchvision's
 */
public record AugmentationSettings(
    List<Double> scale,
    Optional<List<Double>> ratio,
    List<Double> colorJitter,
    Optional<Double> colorJitterProb,
    Optional<Double> grayScaleProb,
    Optional<Double> reProb,
    Optional<Integer> reCount,
    boolean useTimm) {

  /** What is set, as a user would write it. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("scale=" + scale);
    ratio.ifPresent(value -> text.append(" ratio=").append(value));
    if (!colorJitter.isEmpty()) {
      text.append(" color_jitter=").append(colorJitter);
    }
    colorJitterProb.ifPresent(value -> text.append(" color_jitter_prob=").append(value));
    grayScaleProb.ifPresent(value -> text.append(" gray_scale_prob=").append(value));
    reProb.ifPresent(value -> text.append(" re_prob=").append(value));
    reCount.ifPresent(value -> text.append(" re_count=").append(value));
    return text.append(useTimm ? " use_timm=true" : "").toString();
  }
}
