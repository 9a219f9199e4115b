package dev.troupe.runtime.log;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.zip.CRC32C;

/**
 * An event file of TensorBoard: TFRecords ({@code length, crc(length), data, crc(data)}, with
 * masked CRC-32C) of {@code Event} protocol buffers, of which only scalars, the version and the
 * start of a session are written.
 */
final class EventFile implements AutoCloseable {
  private static final int START = 1;

  private final Path path;
  private final OutputStream out;

  /**
   * Starts a new file.
   *
   * @param firstStep TensorBoard forgets what earlier files say of this step and later ones
   */
  EventFile(Path folder, long firstStep) {
    long seconds = Instant.now().getEpochSecond();
    String name =
        "events.out.tfevents.%010d.%s.%d.%d"
            .formatted(seconds, host(), ProcessHandle.current().pid(), firstStep);
    this.path = folder.resolve(name);
    try {
      Files.createDirectories(folder);
      this.out = Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
      record(event(0).bytes(3, "brain.Event:2".getBytes(StandardCharsets.UTF_8)));
      record(event(firstStep).bytes(7, new Message().varint(1, START).toBytes()));
    } catch (IOException e) {
      throw JsonLines.failure(path, e);
    }
  }

  /** Writes a scalar. */
  void scalar(String tag, double value, long step) {
    Message named =
        new Message().bytes(1, tag.getBytes(StandardCharsets.UTF_8)).float32(2, (float) value);
    Message summary = new Message().bytes(1, named.toBytes());
    try {
      record(event(step).bytes(5, summary.toBytes()));
    } catch (IOException e) {
      throw JsonLines.failure(path, e);
    }
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (IOException e) {
      return "localhost";
    }
  }

  private static Message event(long step) {
    return new Message().float64(1, System.currentTimeMillis() / 1000.0).varint(2, step);
  }

  private void record(Message message) throws IOException {
    byte[] data = message.toBytes();
    ByteBuffer buffer = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putLong(data.length);
    buffer.putInt(masked(buffer.array(), 0, 8));
    buffer.put(data);
    buffer.putInt(masked(buffer.array(), 12, data.length));
    out.write(buffer.array());
  }

  /** TFRecord's checksum: CRC-32C, rotated and shifted, so that it can itself be summed. */
  static int masked(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }

  @Override
  public void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw JsonLines.failure(path, e);
    }
  }

  /** A protocol buffer under construction. */
  private static final class Message {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Message varint(int field, long value) {
      raw((long) field << 3);
      raw(value);
      return this;
    }

    Message float64(int field, double value) {
      raw((long) field << 3 | 1);
      bytes.writeBytes(little(8).putDouble(value).array());
      return this;
    }

    Message float32(int field, float value) {
      raw((long) field << 3 | 5);
      bytes.writeBytes(little(4).putFloat(value).array());
      return this;
    }

    Message bytes(int field, byte[] value) {
      raw((long) field << 3 | 2);
      raw(value.length);
      bytes.writeBytes(value);
      return this;
    }

    byte[] toBytes() {
      return bytes.toByteArray();
    }

    private static ByteBuffer little(int size) {
      return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void raw(long value) {
      long left = value;
      while ((left & ~0x7FL) != 0) {
        bytes.write((int) (left & 0x7F | 0x80));
        left >>>= 7;
      }
      bytes.write((int) left);
    }
  }
}
