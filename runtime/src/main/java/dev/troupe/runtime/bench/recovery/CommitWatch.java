package dev.troupe.runtime.bench.recovery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Watches a run's {@code metrics.jsonl} grow. The run must log every step.
 *
 * <p>A step that goes back would be a committed step that was lost.
 */
public final class CommitWatch implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TAIL = 1 << 13;
  private static final long POLL_MILLIS = 5;

  /**
   * A committed step.
   *
   * @param step the step
   * @param atMillis when its row was written, milliseconds since 1970
   * @param worldSize ranks that took part
   * @param generation their generation
   */
  public record Commit(long step, long atMillis, int worldSize, long generation) {}

  private final Path file;
  private final Thread thread;
  private final List<Commit> commits = new ArrayList<>();
  private final List<String> setbacks = new ArrayList<>();
  private volatile boolean closed;

  CommitWatch(Path folder) {
    this.file = folder.resolve("metrics.jsonl");
    this.thread = new Thread(this::watch, "commit-watch");
    thread.setDaemon(true);
    thread.start();
  }

  private void watch() {
    while (!closed) {
      try {
        lastRow().ifPresent(this::add);
        Thread.sleep(POLL_MILLIS);
      } catch (IOException e) {
        // The file is being replaced or cut; the next look finds it whole.
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private Optional<Commit> lastRow() throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    byte[] tail;
    try (RandomAccessFile rows = new RandomAccessFile(file.toFile(), "r")) {
      long from = Math.max(0, rows.length() - TAIL);
      tail = new byte[(int) (rows.length() - from)];
      rows.seek(from);
      rows.readFully(tail);
    }
    String text = new String(tail, StandardCharsets.UTF_8);
    int end = text.lastIndexOf('\n');
    int start = end < 0 ? -1 : text.lastIndexOf('\n', end - 1);
    if (end < 0) {
      return Optional.empty();
    }
    try {
      JsonNode row = JSON.readTree(text.substring(start + 1, end));
      return Optional.of(
          new Commit(
              row.path("step").asLong(),
              Math.round(row.path("time").asDouble() * 1000),
              row.path("world_size").asInt(),
              row.path("generation").asLong()));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private synchronized void add(Commit commit) {
    Optional<Commit> last = last();
    if (last.isPresent() && commit.step() < last.get().step()) {
      String setback = "step %d after step %d".formatted(commit.step(), last.get().step());
      if (!setbacks.contains(setback)) {
        setbacks.add(setback);
      }
    } else if (last.isEmpty() || commit.step() > last.get().step()) {
      commits.add(commit);
    }
  }

  private Optional<Commit> last() {
    return commits.isEmpty() ? Optional.empty() : Optional.of(commits.get(commits.size() - 1));
  }

  /** The last committed step; -1 before the first. */
  public synchronized long lastStep() {
    return last().map(Commit::step).orElse(-1L);
  }

  /** Commits seen so far; a few may be missing where they came faster than this looks. */
  public synchronized List<Commit> commits() {
    return List.copyOf(commits);
  }

  /** The first commit after a moment. */
  public Optional<Commit> firstAfter(long atMillis) {
    return commits().stream().filter(commit -> commit.atMillis() > atMillis).findFirst();
  }

  /** Steps that came after a later one, in words. */
  public synchronized List<String> setbacks() {
    return List.copyOf(setbacks);
  }

  @Override
  public void close() {
    closed = true;
  }
}
