package dev.troupe.nn.weights;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Describes many names of tensors in few words: those that differ in numbers alone are one. */
final class NameGroups {
  private static final int SHOWN = 6;

  private NameGroups() {}

  /** For example {@code ln_final.weight, transformer.resblocks.*.ln_1.weight (12)}. */
  static String describe(List<String> names) {
    Map<String, Integer> groups = new LinkedHashMap<>();
    Map<String, String> first = new LinkedHashMap<>();
    for (String name : names) {
      String group = name.replaceAll("(?<=\\.)\\d+(?=\\.)", "*");
      groups.merge(group, 1, Integer::sum);
      first.putIfAbsent(group, name);
    }
    List<String> parts = new ArrayList<>();
    for (Map.Entry<String, Integer> group : groups.entrySet()) {
      if (parts.size() == SHOWN) {
        parts.add((groups.size() - SHOWN) + " more groups");
        break;
      }
      parts.add(
          group.getValue() == 1
              ? first.get(group.getKey())
              : group.getKey() + " (" + group.getValue() + ")");
    }
    return String.join(", ", parts);
  }
}
