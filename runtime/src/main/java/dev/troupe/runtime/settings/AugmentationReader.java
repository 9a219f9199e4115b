package dev.troupe.runtime.settings;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads {@code --aug-cfg}: {@code KEY=VALUE} words with Python's literals, or a HOCON object. */
final class AugmentationReader {
  private static final List<String> KEYS =
      List.of(
          "scale",
          "ratio",
          "color_jitter",
          "color_jitter_prob",
          "gray_scale_prob",
          "re_prob",
          "re_count",
          "use_timm");

  private AugmentationReader() {}

  /**
   * Reads an augmentation.
   *
   * @param value a Map, a String or a List of {@code KEY=VALUE}
   * @throws IllegalArgumentException whose message is what was expected
   */
  static AugmentationSettings read(Object value) {
    Map<String, Object> map = words(value);
    for (String key : map.keySet()) {
      if (!KEYS.contains(key)) {
        throw new IllegalArgumentException(
            "keys " + String.join(", ", KEYS) + "; not " + key + DidYouMean.hint(key, KEYS));
      }
    }
    List<Double> scale = numbers(map, "scale", 2, 2);
    List<Double> ratio = numbers(map, "ratio", 2, 2);
    return new AugmentationSettings(
        scale.isEmpty() ? List.of(0.9, 1.0) : scale,
        ratio.isEmpty() ? Optional.empty() : Optional.of(ratio),
        numbers(map, "color_jitter", 1, 4),
        number(map, "color_jitter_prob"),
        number(map, "gray_scale_prob"),
        number(map, "re_prob"),
        number(map, "re_count").map(Double::intValue),
        bool(map.get("use_timm")));
  }

  private static Map<String, Object> words(Object value) {
    Map<String, Object> map = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> given) {
      given.forEach((key, item) -> map.put(String.valueOf(key), item));
      return map;
    }
    List<?> words =
        value instanceof List<?> list
            ? list
            : Arrays.asList(String.valueOf(value).split("\\s+(?=\\w+=)"));
    for (Object word : words) {
      String[] parts = String.valueOf(word).split("=", 2);
      if (parts.length != 2) {
        throw new IllegalArgumentException("KEY=VALUE …, not " + word);
      }
      map.put(parts[0].trim(), parts[1].trim());
    }
    return map;
  }

  private static Optional<Double> number(Map<String, Object> map, String key) {
    List<Double> numbers = numbers(map, key, 1, 1);
    return numbers.isEmpty() ? Optional.empty() : Optional.of(numbers.get(0));
  }

  private static List<Double> numbers(Map<String, Object> map, String key, int least, int most) {
    Object value = map.get(key);
    if (value == null || "None".equals(value)) {
      return List.of();
    }
    List<?> items =
        value instanceof List<?> list
            ? list
            : Arrays.stream(String.valueOf(value).split("[\\s,()\\[\\]]+"))
                .filter(part -> !part.isEmpty())
                .toList();
    List<Double> numbers = new ArrayList<>();
    try {
      items.forEach(item -> numbers.add(Double.valueOf(String.valueOf(item))));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(key + " in numbers, not " + value, e);
    }
    if (numbers.size() < least || numbers.size() > most) {
      String count = least == most ? String.valueOf(least) : least + " to " + most;
      throw new IllegalArgumentException(key + " of " + count + " number(s), not " + value);
    }
    return List.copyOf(numbers);
  }

  private static boolean bool(Object value) {
    String text = value == null ? "false" : String.valueOf(value).toLowerCase(Locale.ROOT);
    return switch (text) {
      case "true", "1" -> true;
      case "false", "0", "none" -> false;
      default -> throw new IllegalArgumentException("use_timm True or False, not " + value);
    };
  }
}
