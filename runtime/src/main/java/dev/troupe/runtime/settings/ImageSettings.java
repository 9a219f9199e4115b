package dev.troupe.runtime.settings;

import java.util.List;
import java.util.Optional;

/** How images are transformed, where it differs from the model's own preprocessing. */
@SettingGroup("Images")
public record ImageSettings(
    @Setting(value = "Mean of each channel, 0 to 1.", label = "R G B") List<Double> imageMean,
    @Setting(value = "Standard deviation of each channel.", label = "R G B") List<Double> imageStd,
    @Setting(value = "Interpolation of resizing.") Optional<Interpolation> imageInterpolation,
    @Setting(value = "Resizing in validation and inference.") Optional<ResizeMode> imageResizeMode,
    @Setting(
            value =
                "Augmentation in training: scale=(0.9,1.0) ratio=(0.75,1.33) color_jitter=0.4"
                    + " color_jitter_prob=0.8 gray_scale_prob=0.2 re_prob=0.1 re_count=1"
                    + " use_timm=True.",
            label = "KEY=VALUE",
            training = true)
        AugmentationSettings augCfg) {

  void check(Problems problems) {
    if (!imageMean.isEmpty() && imageMean.size() != 3) {
      problems.add("image-mean", "3 numbers");
    }
    if (!imageStd.isEmpty() && imageStd.size() != 3) {
      problems.add("image-std", "3 numbers");
    }
  }

  /** OpenCLIP's {@code --image-interpolation}. */
  public enum Interpolation {
    BICUBIC,
    BILINEAR,
    RANDOM;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** OpenCLIP's {@code --image-resize-mode}. */
  public enum ResizeMode {
    SHORTEST,
    LONGEST,
    SQUASH;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }
}
