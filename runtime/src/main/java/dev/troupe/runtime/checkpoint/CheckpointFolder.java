package dev.troupe.runtime.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one run, {@code LOGS/NAME/checkpoints}.
 *
 * @param path the folder; need not exist
 */
public record CheckpointFolder(Path path) {
  private static final Logger log = LoggerFactory.getLogger(CheckpointFolder.class);
  private static final String PREFIX = "step-";
  private static final String UNFINISHED = ".unfinished-";

  /** The folder of the checkpoint after {@code step} committed steps. */
  Path committed(long step) {
    return path.resolve("%s%08d".formatted(PREFIX, step));
  }

  /** A hidden folder in which to write that checkpoint. */
  Path unfinished(long step) {
    return path.resolve(UNFINISHED + "%08d-%d".formatted(step, ProcessHandle.current().pid()));
  }

  /** Folders of committed checkpoints, newest first. They may still turn out to be damaged. */
  public List<Path> newestFirst() {
    if (!Files.isDirectory(path)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(path)) {
      return entries
          .filter(entry -> entry.getFileName().toString().matches(PREFIX + "\\d+"))
          .sorted(Comparator.comparingLong(CheckpointFolder::step).reversed())
          .toList();
    } catch (IOException e) {
      throw new CheckpointException(path + ": cannot be listed: " + e.getMessage(), e);
    }
  }

  private static long step(Path folder) {
    return Long.parseLong(folder.getFileName().toString().substring(PREFIX.length()));
  }

  /** The newest checkpoint that is whole; damaged ones are passed over with a warning. */
  public Optional<Checkpoint> latest() {
    for (Path folder : newestFirst()) {
      try {
        return Optional.of(Checkpoint.open(folder));
      } catch (CheckpointException e) {
        log.warn("{} Trying the one before it.", e.getMessage());
      }
    }
    return Optional.empty();
  }

  /**
   * Deletes all but the newest {@code keep} checkpoints (0: none), and what killed runs left
   * unfinished.
   */
  void retain(int keep, Path except) throws IOException {
    for (Path old : newestFirst().stream().skip(keep == 0 ? Long.MAX_VALUE : keep).toList()) {
      deleteTree(old);
    }
    try (Stream<Path> entries = Files.list(path)) {
      for (Path entry : entries.toList()) {
        if (entry.getFileName().toString().startsWith(UNFINISHED) && !entry.equals(except)) {
          deleteTree(entry);
        }
      }
    }
  }

  static void deleteTree(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, IOException failure)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Free bytes on the volume of the folder. */
  public long freeBytes() {
    Path existing = path.toAbsolutePath();
    while (!Files.exists(existing)) {
      existing = existing.getParent();
    }
    try {
      return Files.getFileStore(existing).getUsableSpace();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
