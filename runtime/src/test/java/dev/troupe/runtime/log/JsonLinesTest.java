package dev.troupe.runtime.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonLinesTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void writeTenRows() {
    file = folder.resolve("rows.jsonl");
    try (JsonLines rows = new JsonLines(file, "step", 0)) {
      for (long step = 0; step < 10; step++) {
        // Rows longer than a block of the backward search.
        rows.write(step, Map.of("step", step, "keys", "k".repeat(70_000)));
      }
    }
  }

  private long[] steps() throws IOException {
    return Files.readAllLines(file).stream()
        .mapToLong(row -> Long.parseLong(row.replaceAll(".*\"step\":(\\d+).*", "$1")))
        .toArray();
  }

  @Test
  void shouldCutOffRowsThatAreNotCommittedAndGoOnBehindThem() throws IOException {
    try (JsonLines rows = new JsonLines(file, "step", 7)) {
      assertThat(rows.next()).isEqualTo(7);
      rows.write(7, Map.of("step", 7));
    }
    assertThat(steps()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
  }

  @Test
  void shouldCutOffAHalfWrittenRow() throws IOException {
    Files.writeString(file, "{\"step\":10,\"ke", StandardOpenOption.APPEND);
    try (JsonLines rows = new JsonLines(file, "step", 100)) {
      assertThat(rows.next()).isEqualTo(10);
    }
    assertThat(steps()).hasSize(10);
  }

  @Test
  void shouldTellWhichRowsAreMissing() {
    try (JsonLines rows = new JsonLines(file, "step", 12)) {
      assertThat(rows.next()).isEqualTo(10);
    }
  }

  @Test
  void shouldEmptyTheFileForARunFromTheStart() throws IOException {
    new JsonLines(file, "step", 0).close();
    assertThat(file).isEmptyFile();
  }
}
