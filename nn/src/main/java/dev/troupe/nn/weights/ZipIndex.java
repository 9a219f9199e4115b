package dev.troupe.nn.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The entries of a zip archive (zip64 too) with the places of their bytes in the file, so that
 * stored entries can be mapped. The Java library's reader keeps the places to itself.
 *
 * <p>Refused: entries that overlap each other or the directory (the trick of most zip bombs), that
 * claim to inflate further than deflate can, or that together inflate to more than a hundred times
 * the archive.
 */
final class ZipIndex {
  /** The largest ratio that the deflate format can reach. */
  private static final long MAX_DEFLATE_RATIO = 1032;

  private static final long MAX_TOTAL_RATIO = 100;
  private static final long ALWAYS_ALLOWED = 16L << 20;
  private static final long MAX_DIRECTORY_BYTES = 64L << 20;

  private static final int END = 0x06054b50;
  private static final int END64 = 0x06064b50;
  private static final int END64_LOCATOR = 0x07064b50;
  private static final int DIRECTORY_ENTRY = 0x02014b50;
  private static final int LOCAL_HEADER = 0x04034b50;
  private static final int STORED = 0;
  private static final int DEFLATED = 8;

  private final MappedFile file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private long directoryStart;

  /**
   * One entry.
   *
   * @param data place of its (maybe deflated) bytes in the file
   * @param packed their number
   * @param size number of bytes once inflated
   */
  record Entry(
      String name, boolean stored, int crc, long header, long data, long packed, long size) {}

  private ZipIndex(MappedFile file) {
    this.file = file;
  }

  static ZipIndex read(MappedFile file) {
    ZipIndex index = new ZipIndex(file);
    index.readDirectory();
    index.checkOverlaps();
    index.checkInflatedSizes();
    return index;
  }

  Map<String, Entry> entries() {
    return entries;
  }

  /** An entry's bytes on the heap, refused above a limit; the checksum is verified. */
  byte[] bytes(Entry entry, int limit) {
    if (entry.size > limit) {
      throw bad("%s: %d bytes (expected: at most %d)", entry.name, entry.size, limit);
    }
    byte[] content;
    if (entry.stored) {
      content = file.read(entry.data, (int) entry.size).array();
    } else {
      content = new byte[(int) entry.size];
      inflate(entry, ByteBuffer.wrap(content));
    }
    CRC32 crc = new CRC32();
    crc.update(content);
    if ((int) crc.getValue() != entry.crc) {
      throw bad("%s: wrong checksum, the file is damaged", entry.name);
    }
    return content;
  }

  /** The first bytes of an entry, at most {@code count} of them. */
  byte[] head(Entry entry, int count) {
    int length = (int) Math.min(count, entry.size);
    if (entry.stored) {
      return file.read(entry.data, length).array();
    }
    byte[] content = new byte[length];
    inflate(entry, ByteBuffer.wrap(content));
    return content;
  }

  /**
   * {@code count} elements of an entry as a flat tensor: a view of the file for a stored entry.
   *
   * @param offset the first one's place in the entry, in bytes
   */
  Tensor storage(Entry entry, long offset, DType dtype, long count) {
    if (entry.stored) {
      return file.storage(entry.data + offset, dtype, count);
    }
    Tensor all = torch.empty(new long[] {entry.size}, new TensorOptions(ScalarType.Byte), null);
    try (PointerScope scope = new PointerScope()) {
      if (entry.size > Integer.MAX_VALUE) {
        throw bad(
            "%s: a deflated entry of %d bytes (expected: below 2^31)", entry.name, entry.size);
      }
      ByteBuffer target =
          new BytePointer(all.data_ptr()).capacity(entry.size).limit(entry.size).asByteBuffer();
      inflate(entry, target.duplicate());
      CRC32 crc = new CRC32();
      crc.update(target);
      if ((int) crc.getValue() != entry.crc) {
        throw bad("%s: wrong checksum, the file is damaged", entry.name);
      }
    }
    Tensor slice = all.narrow(0, offset, count * dtype.bytes());
    return (offset % dtype.bytes() == 0 ? slice : slice.clone()).view(dtype.scalarType());
  }

  /** Fills the buffer from the entry's start; fewer bytes than asked for are an error. */
  private void inflate(Entry entry, ByteBuffer target) {
    Inflater inflater = new Inflater(true);
    try {
      long read = 0;
      while (target.hasRemaining()) {
        if (inflater.needsInput()) {
          int block = (int) Math.min(1 << 16, entry.packed - read);
          if (block == 0) {
            throw bad("%s: the deflated data ends early", entry.name);
          }
          inflater.setInput(file.read(entry.data + read, block));
          read += block;
        }
        if (inflater.inflate(target) == 0 && (inflater.finished() || inflater.needsDictionary())) {
          throw bad("%s: the deflated data ends early", entry.name);
        }
      }
    } catch (DataFormatException e) {
      throw bad("%s: damaged deflated data (%s)", entry.name, e.getMessage());
    } finally {
      inflater.end();
    }
  }

  private void readDirectory() {
    int tail = (int) Math.min(file.size(), 22 + 65535);
    ByteBuffer end = file.read(file.size() - tail, tail);
    int at = tail - 22;
    while (at >= 0 && !(end.getInt(at) == END && at + 22 + u16(end, at + 20) == tail)) {
      at--;
    }
    if (at < 0) {
      throw bad("no directory at the end of the zip archive: it is truncated or not a zip file");
    }
    long endAt = file.size() - tail + at;
    long count = u16(end, at + 10);
    long size = u32(end, at + 12);
    directoryStart = u32(end, at + 16);
    if (u16(end, at + 4) != 0 && u16(end, at + 4) != 0xffff) {
      throw bad("the zip archive is one of several parts (expected: a single file)");
    }
    if (endAt >= 20) {
      ByteBuffer locator = file.read(endAt - 20, 20);
      if (locator.getInt(0) == END64_LOCATOR) {
        long end64At = locator.getLong(8);
        if (end64At < 0 || end64At > endAt - 20 - 56) {
          throw bad("the zip64 directory lies outside of the file");
        }
        ByteBuffer end64 = file.read(end64At, 56);
        if (end64.getInt(0) != END64) {
          throw bad("damaged zip64 directory");
        }
        count = end64.getLong(32);
        size = end64.getLong(40);
        directoryStart = end64.getLong(48);
      }
    }
    if (size < 0 || directoryStart < 0 || size > endAt || directoryStart > endAt - size) {
      throw bad("the zip directory lies outside of the file");
    }
    if (size > MAX_DIRECTORY_BYTES || count < 0 || count > size / 46) {
      throw bad("a zip directory of %d entries in %d bytes is not plausible", count, size);
    }
    ByteBuffer directory = file.read(directoryStart, (int) size);
    for (long i = 0; i < count; i++) {
      readEntry(directory);
    }
  }

  private void readEntry(ByteBuffer directory) {
    int start = directory.position();
    if (directory.remaining() < 46 || directory.getInt(start) != DIRECTORY_ENTRY) {
      throw bad("damaged zip directory");
    }
    int nameLength = u16(directory, start + 28);
    int extraLength = u16(directory, start + 30);
    int next = start + 46 + nameLength + extraLength + u16(directory, start + 32);
    if (next > directory.limit()) {
      throw bad("damaged zip directory");
    }
    String name = new String(directory.array(), start + 46, nameLength, StandardCharsets.UTF_8);
    int method = u16(directory, start + 10);
    if ((u16(directory, start + 8) & 1) != 0) {
      throw bad("%s is encrypted", name);
    }
    if (method != STORED && method != DEFLATED) {
      throw bad("%s: compression method %d (expected: 0, stored, or 8, deflated)", name, method);
    }
    ByteBuffer extra =
        directory
            .duplicate()
            .order(ByteOrder.LITTLE_ENDIAN)
            .position(start + 46 + nameLength)
            .limit(start + 46 + nameLength + extraLength);
    long[] sizes = {
      u32(directory, start + 24), u32(directory, start + 20), u32(directory, start + 42)
    };
    applyZip64(name, extra, sizes);
    add(name, method == STORED, directory.getInt(start + 16), sizes[0], sizes[1], sizes[2]);
    directory.position(next);
  }

  /** Replaces saturated 32-bit values (size, packed size, header place) by the extra field's. */
  private void applyZip64(String name, ByteBuffer extra, long[] sizes) {
    while (extra.remaining() >= 4) {
      int id = extra.getShort() & 0xffff;
      int length = extra.getShort() & 0xffff;
      if (length > extra.remaining()) {
        return; // alignment padding that is not in the extra field's form
      }
      int next = extra.position() + length;
      if (id == 1) {
        for (int i = 0; i < 3; i++) {
          if (sizes[i] == 0xffffffffL) {
            if (extra.position() + 8 > next) {
              throw bad("%s: damaged zip64 sizes", name);
            }
            sizes[i] = extra.getLong();
          }
        }
      }
      extra.position(next);
    }
  }

  private void add(String name, boolean stored, int crc, long size, long packed, long header) {
    if (size < 0 || packed < 0 || header < 0 || header > directoryStart - 30) {
      throw bad("%s: its place %d lies outside of the file", name, header);
    }
    ByteBuffer local = file.read(header, 30);
    if (local.getInt(0) != LOCAL_HEADER) {
      throw bad("%s: no entry at its place %d", name, header);
    }
    long data = header + 30 + u16(local, 26) + u16(local, 28);
    if (data > directoryStart || packed > directoryStart - data) {
      throw bad("%s: %d bytes at %d lie outside of the file", name, packed, data);
    }
    if (stored && size != packed) {
      throw bad("%s: stored, but of two sizes, %d and %d", name, packed, size);
    }
    if (!stored && size > packed * MAX_DEFLATE_RATIO + 1024) {
      throw bad("%s: %d bytes can't inflate to %d: a zip bomb", name, packed, size);
    }
    if (entries.put(name, new Entry(name, stored, crc, header, data, packed, size)) != null) {
      throw bad("two entries named %s", name);
    }
  }

  private void checkOverlaps() {
    List<Entry> byPlace = new ArrayList<>(entries.values());
    byPlace.sort(Comparator.comparingLong(Entry::header));
    for (int i = 1; i < byPlace.size(); i++) {
      Entry before = byPlace.get(i - 1);
      if (before.data + before.packed > byPlace.get(i).header) {
        throw bad("%s and %s overlap", before.name, byPlace.get(i).name);
      }
    }
  }

  private void checkInflatedSizes() {
    long limit = Math.max(ALWAYS_ALLOWED, file.size() * MAX_TOTAL_RATIO);
    long total = 0;
    for (Entry entry : entries.values()) {
      total += entry.stored ? 0 : entry.size;
      if (total > limit) {
        throw bad("%d bytes inflate to more than %d: a zip bomb", file.size(), limit);
      }
    }
  }

  private static int u16(ByteBuffer buffer, int at) {
    return buffer.getShort(at) & 0xffff;
  }

  private static long u32(ByteBuffer buffer, int at) {
    return buffer.getInt(at) & 0xffffffffL;
  }

  private WeightsException bad(String format, Object... values) {
    return new WeightsException(file.path() + ": " + String.format(format, values));
  }
}
