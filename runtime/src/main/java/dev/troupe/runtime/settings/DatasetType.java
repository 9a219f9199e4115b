package dev.troupe.runtime.settings;

/** OpenCLIP's {@code --dataset-type}. */
public enum DatasetType {
  WEBDATASET,
  CSV,
  SYNTHETIC,
  AUTO;

  @Override
  public String toString() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }
}
