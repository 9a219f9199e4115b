package dev.troupe.data.text;

/** How a caption that is too long is shortened: OpenCLIP's {@code reduction_mask}. */
public enum ReductionMask {
  /** Its end is cut off. */
  NONE,
  /** A random stretch of it is kept. */
  SIMPLE,
  /** Random tokens of it are kept, in their order. */
  RANDOM,
  /** Random tokens of it are kept, in random order. */
  SHUFFLE,
  /** Nouns stay first, then adjectives, then verbs, see {@link SyntaxMask}. */
  SYNTAX;

  /**
   * @param name {@code simple}, {@code random}, {@code shuffle} or {@code syntax}; empty or null
   *     for none
   * @throws IllegalArgumentException for another name
   */
  public static ReductionMask of(String name) {
    if (name == null || name.isEmpty()) {
      return NONE;
    }
    for (ReductionMask mask : values()) {
      if (mask != NONE && mask.name().equalsIgnoreCase(name)) {
        return mask;
      }
    }
    throw new IllegalArgumentException(
        "reduction_mask: " + name + " (expected: simple, random, shuffle or syntax)");
  }
}
