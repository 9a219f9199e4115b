package dev.troupe.runtime.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reads event files back with a decoder that accepts nothing but what the format says. */
class EventFileTest {
  @TempDir Path folder;

  @Test
  void shouldWriteRecordsThatAStrictReaderAccepts() throws IOException {
    try (EventFile file = new EventFile(folder, 5)) {
      file.scalar("train/loss", 3.25, 7);
      file.scalar("val/image_to_text_R@1", 0.275, 300_000_000_000L);
    }
    List<Map<Integer, Object>> events = events();
    assertThat(events).hasSize(4);
    assertThat(text(events.get(0).get(3))).isEqualTo("brain.Event:2");
    assertThat(events.get(1)).containsEntry(2, 5L);
    assertThat(message((byte[]) events.get(1).get(7))).containsEntry(1, 1L);
    assertThat(scalar(events.get(2))).isEqualTo("train/loss=3.25@7");
    assertThat(scalar(events.get(3))).isEqualTo("val/image_to_text_R@1=0.275@300000000000");
    double now = System.currentTimeMillis() / 1000.0;
    assertThat((Double) events.get(2).get(1)).isBetween(now - 600, now + 1);
  }

  /** The value from RFC 3720, appendix B.4, for 32 bytes of zeros, masked. */
  @Test
  void shouldMaskTheChecksumAsTfRecordDoes() {
    int crc = 0x8a9136aa;
    assertThat(EventFile.masked(new byte[32], 0, 32))
        .isEqualTo((crc >>> 15 | crc << 17) + 0xa282ead8);
  }

  private static String scalar(Map<Integer, Object> event) {
    Map<Integer, Object> value = message((byte[]) message((byte[]) event.get(5)).get(1));
    return text(value.get(1)) + "=" + value.get(2) + "@" + event.get(2);
  }

  private static String text(Object bytes) {
    return new String((byte[]) bytes, StandardCharsets.UTF_8);
  }

  private List<Map<Integer, Object>> events() throws IOException {
    Path file;
    try (Stream<Path> files = Files.list(folder)) {
      file = files.findFirst().orElseThrow();
    }
    assertThat(file.getFileName().toString()).matches("events\\.out\\.tfevents\\.\\d{10}\\..+");
    byte[] all = Files.readAllBytes(file);
    ByteBuffer in = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
    List<Map<Integer, Object>> events = new ArrayList<>();
    while (in.hasRemaining()) {
      int start = in.position();
      int length = Math.toIntExact(in.getLong());
      assertThat(in.getInt()).isEqualTo(EventFile.masked(all, start, 8));
      byte[] data = new byte[length];
      in.get(data);
      assertThat(in.getInt()).isEqualTo(EventFile.masked(data, 0, length));
      events.add(message(data));
    }
    return events;
  }

  /** Fields by number, each at most once. */
  private static Map<Integer, Object> message(byte[] data) {
    ByteBuffer in = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    Map<Integer, Object> fields = new LinkedHashMap<>();
    while (in.hasRemaining()) {
      long key = varint(in);
      Object value;
      switch ((int) (key & 7)) {
        case 0 -> value = varint(in);
        case 1 -> value = in.getDouble();
        case 2 -> {
          byte[] bytes = new byte[Math.toIntExact(varint(in))];
          in.get(bytes);
          value = bytes;
        }
        case 5 -> value = in.getFloat();
        default -> throw new AssertionError("wire type " + (key & 7));
      }
      assertThat(fields.put((int) (key >>> 3), value)).isNull();
    }
    return fields;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in.get();
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
  }
}
