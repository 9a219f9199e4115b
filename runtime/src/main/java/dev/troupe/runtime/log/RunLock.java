package dev.troupe.runtime.log;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Who writes a run's folder: a file that names the process. Processes of the same run take it over
 * from each other, even from one that hangs, which then notices that it has lost it; a process of
 * another run is refused while the holder lives.
 */
final class RunLock {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration SILENCE = Duration.ofMinutes(10);

  /** What was there before. */
  enum Before {
    NOTHING,
    THIS_RUN,
    ANOTHER_RUN
  }

  private final Path path;
  private final Before before;
  private Object identity;

  /**
   * Takes the lock.
   *
   * @param run what processes of the same run have in common
   * @throws RunFolderException if a living process of another run holds it
   */
  RunLock(Path path, String run) throws IOException {
    this.path = path;
    Files.createDirectories(path.toAbsolutePath().getParent());
    Optional<JsonNode> holder = read(path);
    boolean same = holder.map(node -> node.path("run").asText().equals(run)).orElse(false);
    if (holder.isPresent() && !same && alive(holder.get(), path)) {
      throw new RunFolderException(
          "%s: in use by process %s on %s (expected: another --name, or that process to end first)"
              .formatted(
                  path.getParent(),
                  holder.get().path("pid").asText(),
                  holder.get().path("host").asText()));
    }
    this.before = holder.isEmpty() ? Before.NOTHING : same ? Before.THIS_RUN : Before.ANOTHER_RUN;
    Path mine = path.resolveSibling("run.lock." + ProcessHandle.current().pid());
    Map<String, Object> content =
        Map.of(
            "run", run,
            "host", InetAddress.getLocalHost().getHostName(),
            "pid", ProcessHandle.current().pid(),
            "started", started(ProcessHandle.current()));
    Files.write(mine, JSON.writeValueAsBytes(content));
    identity = Files.readAttributes(mine, "unix:ino").get("ino");
    Files.move(mine, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  Before before() {
    return before;
  }

  /** Whether this process still holds the lock; if so, shows that it lives. */
  boolean held() {
    try {
      if (!Files.readAttributes(path, "unix:ino").get("ino").equals(identity)) {
        return false;
      }
      Files.setLastModifiedTime(path, FileTime.from(Instant.now()));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  void release() throws IOException {
    if (held()) {
      Files.deleteIfExists(path);
    }
  }

  private static Optional<JsonNode> read(Path path) throws IOException {
    try {
      return Optional.of(JSON.readTree(Files.readAllBytes(path)));
    } catch (java.nio.file.NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private static boolean alive(JsonNode holder, Path path) throws IOException {
    if (holder.path("host").asText().equals(InetAddress.getLocalHost().getHostName())) {
      return ProcessHandle.of(holder.path("pid").asLong())
          .map(process -> started(process) == holder.path("started").asLong())
          .orElse(false);
    }
    Instant seen = Files.getLastModifiedTime(path).toInstant();
    return seen.isAfter(Instant.now().minus(SILENCE));
  }

  private static long started(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }
}
