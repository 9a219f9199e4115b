package dev.troupe.actors.coordinator;

import java.util.List;

/** Lists for people, of a bounded length. */
final class Names {

  private Names() {}

  /** All of them; of more than {@code most} the first ones, and how many there are more. */
  static String listed(String separator, List<String> names, int most) {
    return names.size() <= most
        ? String.join(separator, names)
        : String.join(separator, names.subList(0, most))
            + separator
            + (names.size() - most)
            + " more";
  }
}
