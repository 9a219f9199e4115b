package dev.troupe.actors.node;

import dev.troupe.actors.NodeSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The address that a node leaves in its run's folder, {@code nodes/HOST_PORT}, so that commands
 * find the run. A killed process leaves it behind: it says where to ask, not who is alive.
 */
public final class NodeFile {
  private final Path file;

  private NodeFile(Path file) {
    this.file = file;
  }

  /**
   * Writes it, if there is a run folder.
   *
   * @throws UncheckedIOException if the folder cannot be written
   */
  public static NodeFile leave(NodeSettings settings, String address) {
    if (settings.runDir().isEmpty()) {
      return new NodeFile(null);
    }
    try {
      Path folder = Files.createDirectories(folder(settings.runDir().get()));
      Path file = folder.resolve(address.replace(':', '_'));
      return new NodeFile(Files.writeString(file, address + "\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Addresses that nodes left in a run's folder. */
  public static List<String> addresses(Path runDir) {
    List<String> found = new ArrayList<>();
    Path folder = folder(runDir);
    if (!Files.isDirectory(folder)) {
      return found;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        found.add(Files.readString(file).strip());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  private static Path folder(Path runDir) {
    return runDir.resolve("nodes");
  }

  /** Takes it back. */
  public void remove() {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
