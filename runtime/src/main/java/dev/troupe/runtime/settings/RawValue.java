package dev.troupe.runtime.settings;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A setting's value as written, and where.
 *
 * @param value a String, Number, Boolean, List or Map
 * @param source {@code FILE:LINE} or the flag
 * @param folder the folder that relative paths start from
 */
record RawValue(Object value, String source, Path folder) {

  static RawValue flag(String name, Object value) {
    return new RawValue(value, "--" + name, Path.of(""));
  }

  String text() {
    return value instanceof List<?> list
        ? list.stream().map(String::valueOf).collect(Collectors.joining(" "))
        : String.valueOf(value);
  }

  /** The source, to be put behind a message; flags name themselves. */
  String where() {
    return source.startsWith("--") ? "" : " at " + source;
  }
}
