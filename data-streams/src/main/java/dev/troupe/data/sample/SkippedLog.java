package dev.troupe.data.sample;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/** Appends skipped samples to a file, one JSON object a line: {@code skipped.jsonl}. */
public final class SkippedLog implements Consumer<SkippedSample>, Closeable {
  private final ObjectMapper json = new ObjectMapper();
  private final Path file;
  private BufferedWriter writer;

  /**
   * @param file made when the first sample is skipped, so that a clean run leaves none
   */
  public SkippedLog(Path file) {
    this.file = file;
  }

  @Override
  public synchronized void accept(SkippedSample skipped) {
    try {
      if (writer == null) {
        writer =
            Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      }
      writer.write(json.writeValueAsString(skipped));
      writer.newLine();
      writer.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": cannot be written", e);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (writer != null) {
      writer.close();
      writer = null;
    }
  }
}
