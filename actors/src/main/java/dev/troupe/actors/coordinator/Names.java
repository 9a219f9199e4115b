package dev.troupe.actors.coordinator;

import java.util.ArrayList;
import java.util.List;

/** Lists for people, of a bounded length. */
final class Names {

  private Names() {}

  /** The first ones as a list, followed by how many there are more. */
  static List<String> first(List<String> names, int most) {
    if (names.size() <= most) {
      return List.copyOf(names);
    }
    List<String> some = new ArrayList<>(names.subList(0, most));
    some.add((names.size() - most) + " more");
    return List.copyOf(some);
  }

  /** The same in one line. */
  static String listed(String separator, List<String> names, int most) {
    return String.join(separator, first(names, most));
  }
}
