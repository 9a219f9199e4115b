package dev.troupe.data.image;

/** Formats that are decoded. */
public enum ImageFormat {
  JPEG("JPEG"),
  PNG("PNG"),
  WEBP("WebP");

  private final String label;

  ImageFormat(String label) {
    this.label = label;
  }

  @Override
  public String toString() {
    return label;
  }
}
