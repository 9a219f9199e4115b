package dev.troupe.runtime.log;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A file of JSON rows in the order of a growing number ({@code step}), to which rows are appended.
 */
final class JsonLines implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int BLOCK = 1 << 16;

  private final Path path;
  private final RandomAccessFile file;
  private long next;

  /**
   * Opens a file, made where it is not there, and cuts off half-written rows and those whose number
   * is {@code from} or more.
   *
   * @param key the number's name
   */
  JsonLines(Path path, String key, long from) {
    this.path = path;
    try {
      Files.createDirectories(path.toAbsolutePath().getParent());
      this.file = new RandomAccessFile(path.toFile(), "rw");
      cut(key, from);
    } catch (IOException e) {
      throw failure(path, e);
    }
  }

  /** One more than the number of the last row; 0 for an empty file. */
  long next() {
    return next;
  }

  /** Appends a row. */
  void write(long number, Map<String, ?> row) {
    try {
      file.write((JSON.writeValueAsString(row) + "\n").getBytes(StandardCharsets.UTF_8));
      next = number + 1;
    } catch (IOException e) {
      throw failure(path, e);
    }
  }

  private void cut(String key, long from) throws IOException {
    long end = lineStart(file.length());
    next = 0;
    while (end > 0) {
      long start = lineStart(end - 1);
      byte[] line = new byte[(int) (end - start)];
      file.seek(start);
      file.readFully(line);
      JsonNode number = JSON.readTree(line).path(key);
      if (number.isNumber() && number.asLong() < from) {
        next = number.asLong() + 1;
        break;
      }
      end = start;
    }
    file.setLength(end);
    file.seek(end);
  }

  /** The position behind the last line break before {@code end}, or 0. */
  private long lineStart(long end) throws IOException {
    byte[] block = new byte[BLOCK];
    for (long high = end; high > 0; high -= BLOCK) {
      int size = (int) Math.min(BLOCK, high);
      file.seek(high - size);
      file.readFully(block, 0, size);
      for (int i = size - 1; i >= 0; i--) {
        if (block[i] == '\n') {
          return high - size + i + 1;
        }
      }
    }
    return 0;
  }

  static RunFolderException failure(Path path, IOException e) {
    return new RunFolderException(
        "%s: cannot be written: %s (expected: a writable folder with free space)"
            .formatted(path, e.getMessage()),
        e);
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw failure(path, e);
    }
  }
}
