package dev.troupe.runtime.settings;

/** What {@code ./troupe export} can be told of the images that the model expects, and of stores. */
public record ExportSettings(ImageSettings image, StorageSettings storage) implements Checked {
  @Override
  public void check(Problems problems) {
    image.check(problems);
  }
}
