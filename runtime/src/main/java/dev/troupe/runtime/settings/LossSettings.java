package dev.troupe.runtime.settings;

import dev.troupe.runtime.settings.Setting.Kind;
import java.util.Optional;

/** Which loss, and how literally OpenCLIP's. */
@SettingGroup("Loss")
public record LossSettings(
    @Setting("Sigmoid loss (SigLIP).") boolean siglip,
    @Setting(value = "How features travel between workers under --siglip.", label = "IMPL")
        Optional<LossDistImpl> lossDistImpl,
    @Setting("Compute local rows against all columns (exact here with or without).")
        boolean localLoss,
    @Setting("Pass gradients through the gathered features (exact here with or without).")
        boolean gatherWithGrad,
    @Setting(
            value =
                "exact: the gradients of the whole global batch; openclip: OpenCLIP's scaling under"
                    + " the same flags.",
            byDefault = "exact")
        LossCompat lossCompat,
    @Setting(value = "CoCa: weight of the caption loss.", byDefault = "2.0", label = "X")
        double cocaCaptionLossWeight,
    @Setting(value = "CoCa: weight of the contrastive loss.", byDefault = "1.0", label = "X")
        double cocaContrastiveLossWeight,
    @Setting(
            value = "Teacher model of distillation.",
            label = "NAME|FILE",
            kind = Kind.NAME_OR_PATH)
        Optional<String> distillModel,
    @Setting(value = "The teacher's weights.", label = "FILE|TAG", kind = Kind.NAME_OR_PATH)
        Optional<String> distillPretrained) {

  /** How faithful gradients are to the mathematics or to OpenCLIP's flags. */
  public enum LossCompat {
    EXACT,
    OPENCLIP;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** OpenCLIP's {@code --loss-dist-impl}. */
  public enum LossDistImpl {
    BIDIR,
    SHIFT,
    REDUCE,
    GATHER;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }
}
