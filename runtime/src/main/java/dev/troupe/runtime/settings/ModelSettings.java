package dev.troupe.runtime.settings;

import dev.troupe.runtime.settings.Setting.Kind;
import java.util.List;
import java.util.Optional;

/** Which model, its first weights, and what of it is trained. */
@SettingGroup("Model")
public record ModelSettings(
    @Setting(
            value =
                "Model: a name under configs/models/ (see ./troupe models), a JSON file, or one that"
                    + " brings weights: hf-hub:ORG/NAME, local-dir:DIR.",
            byDefault = "RN50",
            label = "NAME|FILE",
            kind = Kind.NAME_OR_PATH)
        String model,
    @Setting(
            value =
                "First weights: a file, a folder, an s3:// or https:// address (#sha256=DIGITS),"
                    + " hf-hub:ORG/NAME, or a known tag.",
            label = "FILE|TAG",
            kind = Kind.NAME_OR_PATH)
        Optional<String> pretrained,
    @Setting(
            value = "Hugging Face tokenizer (file or folder) in place of the model's own.",
            label = "FILE|DIR",
            kind = Kind.NAME_OR_PATH)
        Optional<String> tokenizer,
    @Setting(value = "Context length in place of the model's own.", min = 1, label = "TOKENS")
        Optional<Integer> forceContextLength,
    @Setting(
            value = "Image size in place of the model's own: one number, or height and width.",
            min = 1,
            label = "PIXELS")
        List<Integer> forceImageSize,
    @Setting("Use QuickGELU activations.") boolean forceQuickGelu,
    @Setting(
            value = "Patch dropout in place of the model's own.",
            min = 0,
            max = 0.999,
            label = "SHARE",
            training = true)
        Optional<Double> forcePatchDropout,
    @Setting("Keep the text tower's weights under text. (CustomTextCLIP).") boolean forceCustomText,
    @Setting(
            value = "Recompute each block's activations in the backward pass, to save memory.",
            training = true)
        boolean gradCheckpointing,
    @Setting(value = "Freeze the image tower (LiT).", training = true) boolean lockImage,
    @Setting(
            value = "Leave the image tower's last N layer groups trainable.",
            byDefault = "0",
            min = 0,
            label = "N",
            training = true)
        int lockImageUnlockedGroups,
    @Setting(value = "Freeze BatchNorm's running statistics in the locked layers.", training = true)
        boolean lockImageFreezeBnStats,
    @Setting(value = "Freeze the text tower.", training = true) boolean lockText,
    @Setting(
            value = "Leave the text tower's last N layers trainable.",
            byDefault = "0",
            min = 0,
            label = "N",
            training = true)
        int lockTextUnlockedLayers,
    @Setting(value = "Freeze LayerNorm in the locked text layers too.", training = true)
        boolean lockTextFreezeLayerNorm) {

  /** The same with other first weights. */
  public ModelSettings withPretrained(Optional<String> weights) {
    return new ModelSettings(
        model,
        weights,
        tokenizer,
        forceContextLength,
        forceImageSize,
        forceQuickGelu,
        forcePatchDropout,
        forceCustomText,
        gradCheckpointing,
        lockImage,
        lockImageUnlockedGroups,
        lockImageFreezeBnStats,
        lockText,
        lockTextUnlockedLayers,
        lockTextFreezeLayerNorm);
  }

  void check(Problems problems) {
    if (forceImageSize.size() > 2) {
      problems.add("force-image-size", "one number, or height and width");
    }
  }
}
