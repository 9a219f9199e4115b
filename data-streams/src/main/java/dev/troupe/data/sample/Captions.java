package dev.troupe.data.sample;

/** Where the caption of a sample stands. */
public sealed interface Captions {
  /**
   * In a member of its own, as OpenCLIP's {@code txt}.
   *
   * @param suffix the member's suffix, lower case: {@code txt}, or {@code cls} for class labels
   */
  record Member(String suffix) implements Captions {}

  /**
   * In a field of the sample's {@code json} member ({@code --caption-key}). A list of strings gives
   * one of them, drawn by the sample's seed.
   */
  record JsonField(String name) implements Captions {}

  /** Nowhere: the images alone are wanted; captions are read as empty strings. */
  record None() implements Captions {}

  /** OpenCLIP's {@code txt} member. */
  static Captions txt() {
    return new Member("txt");
  }
}
