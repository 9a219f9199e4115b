package dev.troupe.runtime.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Files of lines that commands take. */
final class Texts {
  private Texts() {}

  /**
   * The lines of a file.
   *
   * @param name the setting that names it, for messages
   */
  static List<String> lines(String name, String file) {
    Path path = Path.of(file);
    if (!Files.isReadable(path) || Files.isDirectory(path)) {
      throw new IllegalArgumentException(
          "%s: %s (expected: a file with a text a line)".formatted(name, file));
    }
    try {
      return Files.readAllLines(path);
    } catch (IOException e) {
      throw new UncheckedIOException("%s: %s: cannot be read".formatted(name, file), e);
    }
  }
}
