package dev.troupe.nn.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes a zip archive of stored entries as {@code torch.save} does: the data of each begins at a
 * multiple of 64 bytes, so that readers can map it. Sizes and places beyond 32 bits are written as
 * zip64.
 */
final class ZipWriter {
  private static final int ALIGNMENT = 64;
  private static final long LIMIT = 0xffffffffL;

  private record Entry(byte[] name, int crc, long size, long header) {}

  private final AtomicFile file;
  private final List<Entry> entries = new ArrayList<>();

  ZipWriter(AtomicFile file) {
    this.file = file;
  }

  void add(String name, byte[] content) {
    CRC32 crc = new CRC32();
    crc.update(content);
    begin(name, (int) crc.getValue(), content.length);
    file.write(ByteBuffer.wrap(content));
  }

  /** Adds a tensor's elements in row-major order. */
  void add(String name, Tensor tensor, long bytes) {
    CRC32 crc = new CRC32();
    AtomicFile.blocks(tensor, crc::update);
    begin(name, (int) crc.getValue(), bytes);
    file.write(tensor);
  }

  private void begin(String name, int crc, long size) {
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    Entry entry = new Entry(text, crc, size, file.position());
    entries.add(entry);
    boolean large = size >= LIMIT;
    int zip64 = large ? 20 : 0;
    long end = file.position() + 30 + text.length + zip64;
    int padding = (int) (ALIGNMENT - (end + 4) % ALIGNMENT) % ALIGNMENT;
    ByteBuffer header = buffer(30 + text.length + zip64 + 4 + padding);
    header.putInt(0x04034b50).putShort((short) (large ? 45 : 20)).putShort((short) 0x0800);
    header.putShort((short) 0).putShort((short) 0).putShort((short) 0x21); // stored; 1 January 1980
    header.putInt(crc).putInt(clamp(size)).putInt(clamp(size));
    header.putShort((short) text.length).putShort((short) (zip64 + 4 + padding)).put(text);
    if (large) {
      header.putShort((short) 1).putShort((short) 16).putLong(size).putLong(size);
    }
    header.put((byte) 'F').put((byte) 'B').putShort((short) padding);
    while (header.hasRemaining()) {
      header.put((byte) 'Z');
    }
    file.write(header.flip());
  }

  /** Writes the directory, which ends the archive. */
  void finish() {
    long start = file.position();
    for (Entry entry : entries) {
      file.write(directoryEntry(entry));
    }
    long size = file.position() - start;
    boolean large = start >= LIMIT || size >= LIMIT || entries.size() >= 0xffff;
    if (large) {
      ByteBuffer end64 = buffer(56 + 20);
      end64.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45);
      end64.putInt(0).putInt(0).putLong(entries.size()).putLong(entries.size());
      end64.putLong(size).putLong(start);
      end64.putInt(0x07064b50).putInt(0).putLong(start + size).putInt(1);
      file.write(end64.flip());
    }
    ByteBuffer end = buffer(22);
    short count = (short) Math.min(entries.size(), 0xffff);
    end.putInt(0x06054b50).putInt(0).putShort(count).putShort(count);
    end.putInt(clamp(size)).putInt(large ? -1 : (int) start).putShort((short) 0);
    file.write(end.flip());
  }

  private static ByteBuffer directoryEntry(Entry entry) {
    boolean largeSize = entry.size >= LIMIT;
    boolean largePlace = entry.header >= LIMIT;
    int fields = (largeSize ? 16 : 0) + (largePlace ? 8 : 0);
    int extra = fields == 0 ? 0 : 4 + fields;
    ByteBuffer out = buffer(46 + entry.name.length + extra);
    short version = (short) (extra > 0 ? 45 : 20);
    out.putInt(0x02014b50).putShort(version).putShort(version).putShort((short) 0x0800);
    out.putShort((short) 0).putShort((short) 0).putShort((short) 0x21);
    out.putInt(entry.crc).putInt(clamp(entry.size)).putInt(clamp(entry.size));
    out.putShort((short) entry.name.length).putShort((short) extra).putShort((short) 0);
    out.putShort((short) 0).putShort((short) 0).putInt(0).putInt(clamp(entry.header));
    out.put(entry.name);
    if (extra > 0) {
      out.putShort((short) 1).putShort((short) fields);
      if (largeSize) {
        out.putLong(entry.size).putLong(entry.size);
      }
      if (largePlace) {
        out.putLong(entry.header);
      }
    }
    return out.flip();
  }

  private static int clamp(long value) {
    return value >= LIMIT ? -1 : (int) value;
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
