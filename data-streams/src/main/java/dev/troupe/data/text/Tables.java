package dev.troupe.data.text;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** Tables that stand beside these classes as resources. */
final class Tables {
  private Tables() {}

  static InputStream open(String name) {
    InputStream stream = Tables.class.getResourceAsStream(name);
    if (stream == null) {
      throw new IllegalStateException("resource dev/troupe/data/text/" + name + " is missing");
    }
    return stream;
  }

  /** Lines of a table; those that start with {@code #} are comments. */
  static List<String> lines(String name) {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(open(name), StandardCharsets.UTF_8))) {
      return reader.lines().filter(line -> !line.startsWith("#")).collect(Collectors.toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
