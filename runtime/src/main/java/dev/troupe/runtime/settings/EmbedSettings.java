package dev.troupe.runtime.settings;

import dev.troupe.runtime.settings.Setting.Kind;
import java.util.Optional;

/** What {@code ./troupe embed} can be told, by group. */
public record EmbedSettings(
    Inputs inputs,
    ModelSettings model,
    ImageSettings image,
    DeviceSettings device,
    StorageSettings storage)
    implements Checked {

  /** What is embedded, and into which file. */
  @SettingGroup("Inputs and output")
  public record Inputs(
      @Setting(
              value =
                  "Images: WebDataset tars in the forms of --train-data, or a folder of images.",
              label = "SHARDS|DIR",
              kind = Kind.PATH)
          Optional<String> images,
      @Setting(value = "Texts, one a line.", label = "FILE", kind = Kind.PATH)
          Optional<String> texts,
      @Setting(
              value =
                  "File to write: tensors image_features and text_features, a row an input, and"
                      + " the images' keys.",
              label = "FILE.safetensors",
              kind = Kind.PATH)
          Optional<String> out,
      @Setting("Scale each row to length 1.") boolean normalize,
      @Setting(value = "Inputs encoded at a time.", byDefault = "64", min = 1, label = "N")
          int batchSize,
      @Setting(value = "Decoding threads.", byDefault = "4", min = 0, label = "N") int workers,
      @Setting(
              value = "Share of broken images at which the command stops.",
              byDefault = "0.01",
              min = 0,
              max = 1,
              label = "SHARE")
          double maxSkipRate) {}

  @Override
  public void check(Problems problems) {
    if (inputs.images().isEmpty() && inputs.texts().isEmpty()) {
      problems.missing("images", "shards or a folder of images, or texts, a file of lines");
    }
    if (inputs.out().isEmpty()) {
      problems.missing("out", "a file to write, NAME.safetensors");
    }
    image.check(problems);
    model.check(problems);
  }
}
