package dev.troupe.actors.node;

import dev.troupe.actors.NodeSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The address that a node leaves in its run's folder, {@code nodes/HOST_PORT}, so that commands
 * find the run. A killed process leaves it behind: it says where to ask, not who is alive. A member
 * of a cluster writes it again and again, so that one of late says that the run is alive.
 */
public final class NodeFile {
  /** A member whose file is older than this, by the storage's clock, may be dead. */
  private static final Duration LATE = Duration.ofSeconds(20);

  /** How often a member writes. */
  static final Duration WRITE_EVERY = Duration.ofSeconds(5);

  private static final String MEMBER = "member";

  private final Path file;
  private final String address;

  private NodeFile(Path file, String address) {
    this.file = file;
    this.address = address;
  }

  /**
   * Writes it, if there is a run folder.
   *
   * @throws UncheckedIOException if the folder cannot be written
   */
  public static NodeFile leave(NodeSettings settings, String address) {
    if (settings.runDir().isEmpty()) {
      return new NodeFile(null, address);
    }
    try {
      Path folder = Files.createDirectories(folder(settings.runDir().get()));
      Path file = folder.resolve(address.replace(':', '_'));
      return new NodeFile(Files.writeString(file, address + "\n"), address);
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
        found.add(address(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  private static String address(Path file) throws IOException {
    return Files.readString(file).lines().findFirst().orElse("").strip();
  }

  /** Says that the node is a member of its cluster now. Problems are left to the next time. */
  void writeMember() {
    try {
      if (file != null) {
        Files.writeString(file, address + "\n" + MEMBER + "\n");
      }
    } catch (IOException e) {
      // The storage is away; a run does not end by that here.
    }
  }

  /** Addresses of other nodes that have said of late that they are members of a cluster. */
  Set<String> living() {
    Set<String> living = new LinkedHashSet<>();
    if (file == null) {
      return living;
    }
    try (Stream<Path> files = Files.list(file.getParent())) {
      Files.writeString(file, address + "\n");
      Instant now = Files.getLastModifiedTime(file).toInstant();
      for (Path other : files.sorted().toList()) {
        if (saysMember(other, now.minus(LATE))) {
          living.add(address(other));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    living.remove(address);
    return living;
  }

  private static boolean saysMember(Path file, Instant notBefore) throws IOException {
    try {
      return !Files.getLastModifiedTime(file).toInstant().isBefore(notBefore)
          && Files.readString(file).contains(MEMBER);
    } catch (NoSuchFileException e) {
      return false; // its node has just left
    }
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
