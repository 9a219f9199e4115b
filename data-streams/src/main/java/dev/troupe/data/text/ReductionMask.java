package dev.troupe.data.text;

/**
 * How a caption that is too long is shortened: OpenCLIP's {@code reduction_mask} (its {@code
 * syntax} needs a tagger of parts of speech and is not offered).
 */
public enum ReductionMask {
  /** Its end is cut off. */
  NONE,
  /** A random stretch of it is kept. */
  SIMPLE,
  /** Random tokens of it are kept, in their order. */
  RANDOM,
  /** Random tokens of it are kept, in random order. */
  SHUFFLE;

  /**
   * @param name {@code simple}, {@code random} or {@code shuffle}; empty or null for none
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
    if (name.equals("syntax")) {
      throw new IllegalArgumentException(
          "reduction_mask: syntax is not supported, as it needs a tagger of parts of speech;"
              + " simple, random and shuffle are");
    }
    throw new IllegalArgumentException(
        "reduction_mask: " + name + " (expected: simple, random or shuffle)");
  }
}
