package dev.troupe.nn.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Reads one JSON object key by key, with defaults, and collects what is wrong instead of stopping
 * at the first fault. A key that nobody asked for is unknown.
 */
final class Section {
  private final ObjectNode json;
  private final String path;
  private final List<String> problems;
  private final Set<String> known = new LinkedHashSet<>();

  /**
   * A section of a file.
   *
   * @param path the section's name with a dot at its end ({@code "vision_cfg."}), empty for the top
   * @param problems where faults are added
   */
  Section(ObjectNode json, String path, List<String> problems) {
    this.json = json;
    this.path = path;
    this.problems = problems;
  }

  /** Whether the file sets the key, be it to null. */
  boolean has(String key) {
    known.add(key);
    return json.has(key);
  }

  /** A whole number of at least {@code least}. */
  int integer(String key, int fallback, int least) {
    JsonNode value = value(key);
    if (value == null) {
      return fallback;
    }
    boolean whole = value.isNumber() && value.asDouble() == value.asInt();
    return check(key, value, whole && value.asInt() >= least, "a whole number >= " + least)
        ? value.asInt()
        : fallback;
  }

  /** A number in [least, most]. */
  double number(String key, double fallback, double least, double most) {
    Double value = numberOrNull(key, least, most);
    return value == null ? fallback : value;
  }

  /** A number in [least, most], or null when it is absent or null. */
  Double numberOrNull(String key, double least, double most) {
    JsonNode value = value(key);
    if (value == null) {
      return null;
    }
    boolean good = value.isNumber() && value.asDouble() >= least && value.asDouble() <= most;
    return check(key, value, good, range(least, most)) ? (Double) value.asDouble() : null;
  }

  /** true or false. */
  boolean flag(String key, boolean fallback) {
    JsonNode value = value(key);
    return value != null && check(key, value, value.isBoolean(), "true or false")
        ? value.asBoolean()
        : fallback;
  }

  /** A text of any content; absent and null give different answers, as in OpenCLIP. */
  String text(String key, String absent, String none) {
    if (!has(key)) {
      return absent;
    }
    JsonNode value = value(key);
    if (value == null) {
      return none;
    }
    return check(key, value, value.isTextual(), "a text") ? value.asText() : absent;
  }

  /** One of a few words. */
  String choice(String key, String fallback, String... words) {
    JsonNode value = value(key);
    if (value == null) {
      return fallback;
    }
    boolean good = value.isTextual() && List.of(words).contains(value.asText());
    return check(key, value, good, "one of " + String.join(", ", words))
        ? value.asText()
        : fallback;
  }

  /** A whole number, or a list of {@code length} whole numbers. */
  List<Integer> integers(String key, List<Integer> fallback, int length) {
    JsonNode value = value(key);
    if (value == null) {
      return fallback;
    }
    Predicate<JsonNode> natural = n -> n.isIntegralNumber() && n.asInt() >= 1;
    boolean good = natural.test(value);
    List<Integer> all = new ArrayList<>();
    if (value.isArray() && value.size() == length) {
      good = true;
      for (JsonNode item : value) {
        good &= natural.test(item);
        all.add(item.asInt());
      }
    } else {
      all.add(value.asInt());
    }
    return check(key, value, good, "a whole number >= 1 or a list of " + length + " of them")
        ? List.copyOf(all)
        : fallback;
  }

  /** A section inside this one, or null when it is absent or null. */
  Section section(String key) {
    JsonNode value = value(key);
    return value != null && check(key, value, value.isObject(), "an object")
        ? new Section((ObjectNode) value, path + key + ".", problems)
        : null;
  }

  /** Reports an absent key that has no default. */
  void require(String key) {
    if (value(key) == null) {
      problems.add(path + key + ": missing (expected in every configuration)");
    }
  }

  /** Accepts a key of any content that the model does not read. */
  void ignore(String key) {
    known.add(key);
  }

  /** Adds a fault of this section. */
  void problem(String key, String text) {
    problems.add(path + key + ": " + text);
  }

  /** Reports the keys that nobody asked for. */
  void refuseUnknown() {
    json.fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                problems.add(path + name + ": unknown key" + Spelling.suggest(name, known));
              }
            });
  }

  private JsonNode value(String key) {
    known.add(key);
    JsonNode value = json.get(key);
    return value == null || value.isNull() ? null : value;
  }

  private boolean check(String key, JsonNode value, boolean good, String expected) {
    if (!good) {
      problems.add(path + key + ": " + value + " (expected: " + expected + ")");
    }
    return good;
  }

  private static String range(double least, double most) {
    if (most == Double.MAX_VALUE) {
      return least == -Double.MAX_VALUE ? "a number" : "a number >= " + plain(least);
    }
    return "a number from " + plain(least) + " to " + plain(most);
  }

  private static String plain(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
