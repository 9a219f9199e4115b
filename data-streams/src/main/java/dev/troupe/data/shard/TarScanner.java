package dev.troupe.data.shard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Finds the files in a tar by hopping from header to header: ustar, GNU long names and sizes, pax
 * records, old-style headers.
 *
 * <p>Unlike a reader that has to stop where it no longer understands, it goes on: after a damaged
 * header at the next block that is a whole header, after an end mark at what follows it (tars that
 * were joined end to end). All that is not a header or a file's content is reported.
 */
final class TarScanner {
  private static final int BLOCK = 512;
  private static final int LONGEST_RECORD = 1024 * 1024;

  private final ByteSource source;
  private final Listener listener;
  private final ByteBuffer window;
  private long windowStart;
  private final byte[] header = new byte[BLOCK];

  /** Takes what is found, in the order of the tar. */
  interface Listener {
    /** A regular file and where its content stands. */
    void file(String name, long offset, long size);

    /** Bytes that are lost. */
    void damage(long offset, String what);
  }

  TarScanner(ByteSource source, Listener listener) {
    this.source = source;
    this.listener = listener;
    this.window = ByteBuffer.allocate(Math.max(BLOCK, source.window())).limit(0);
  }

  void scan() throws IOException {
    long at = 0;
    boolean ended = false;
    boolean lost = false;
    String longName = null;
    long paxSize = -1;
    while (at + BLOCK <= source.size()) {
      load(at);
      if (isZero()) {
        ended = true;
        lost = false;
        at += BLOCK;
        continue;
      }
      if (!isHeader()) {
        // One report for a run of blocks that are no headers.
        if (!lost) {
          boolean gzip = at == 0 && header[0] == 0x1f && (header[1] & 0xff) == 0x8b;
          listener.damage(
              at,
              gzip ? "the shard is compressed (gzip); unpack it" : "no tar header at byte " + at);
        }
        lost = true;
        longName = null;
        paxSize = -1;
        at += BLOCK;
        continue;
      }
      ended = false;
      lost = false;
      char type = (char) (header[156] & 0xff);
      long size = number(124, 12);
      long content = at + BLOCK;
      if (type == 'L' || type == 'x' || type == 'K' || type == 'g') {
        if (size < 0 || content + size > source.size()) {
          listener.damage(at, "a long name is cut at byte " + at);
          lost = true;
          at += BLOCK;
          continue;
        }
        at = content + padded(size);
        if (type == 'K' || type == 'g' || size > LONGEST_RECORD) {
          continue;
        }
        byte[] record = bytes(content, (int) size);
        if (type == 'L') {
          longName = trimmed(record, 0, record.length);
        } else if (type == 'x') {
          Pax pax = Pax.parse(record);
          longName = pax.path() != null ? pax.path() : longName;
          paxSize = pax.size();
        }
        continue;
      }
      if (paxSize >= 0) {
        size = paxSize;
      }
      String name = longName != null ? longName : name();
      longName = null;
      paxSize = -1;
      if (size < 0 || content + size > source.size()) {
        listener.damage(
            at,
            String.format(
                "%.200s is cut: %d bytes at byte %d, but the shard ends at %d",
                name, size, content, source.size()));
        // What follows is as a rule the rest of it: no second report.
        lost = true;
        at += BLOCK;
        continue;
      }
      boolean regular = type == '0' || type == 0 || type == '7';
      if (regular && !name.endsWith("/")) {
        listener.file(name, content, size);
      }
      // Links, devices and folders have no content, whatever their size says.
      at = content + (type >= '1' && type <= '6' ? 0 : padded(size));
    }
    if (source.size() == 0) {
      listener.damage(0, "the shard is empty");
    } else if (!ended && !lost) {
      listener.damage(at, "the shard ends without an end mark at byte " + source.size());
    }
  }

  private void load(long at) throws IOException {
    if (at < windowStart || at + BLOCK > windowStart + window.limit()) {
      windowStart = at;
      window.clear();
      source.read(at, window);
      window.flip();
      if (window.limit() < BLOCK) {
        throw new IOException("the shard became shorter while it was read");
      }
    }
    window.get((int) (at - windowStart), header);
  }

  private byte[] bytes(long at, int size) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(size);
    if (at >= windowStart && at + size <= windowStart + window.limit()) {
      window.get((int) (at - windowStart), bytes.array());
    } else {
      source.read(at, bytes);
    }
    return bytes.array();
  }

  private static long padded(long size) {
    return (size + BLOCK - 1) / BLOCK * BLOCK;
  }

  private boolean isZero() {
    for (byte b : header) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  /** Whether the checksum is right; old writers summed signed bytes. */
  private boolean isHeader() {
    long expected = octal(148, 8);
    if (expected < 0) {
      return false;
    }
    int unsigned = 0;
    int signed = 0;
    for (int i = 0; i < BLOCK; i++) {
      boolean checksum = i >= 148 && i < 156;
      unsigned += checksum ? ' ' : header[i] & 0xff;
      signed += checksum ? ' ' : header[i];
    }
    return expected == unsigned || expected == signed;
  }

  /** A number in octal digits or, beyond 8 GB, in base 256; -1 if it is neither. */
  private long number(int offset, int length) {
    if ((header[offset] & 0x80) == 0) {
      return octal(offset, length);
    }
    long value = header[offset] & 0x7f;
    for (int i = 1; i < length; i++) {
      if (value > Long.MAX_VALUE >> 8) {
        return -1;
      }
      value = value << 8 | header[offset + i] & 0xff;
    }
    return value;
  }

  private long octal(int offset, int length) {
    long value = -1;
    for (int i = offset; i < offset + length; i++) {
      byte b = header[i];
      if (b >= '0' && b <= '7') {
        value = Math.max(0, value) * 8 + b - '0';
      } else if (b == 0 || b == ' ') {
        if (value >= 0) {
          return value;
        }
      } else {
        return -1;
      }
    }
    return value;
  }

  private String name() {
    String name = trimmed(header, 0, 100);
    boolean ustar = trimmed(header, 257, 6).equals("ustar");
    String prefix = ustar ? trimmed(header, 345, 155) : "";
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  private static String trimmed(byte[] bytes, int offset, int length) {
    int end = offset;
    while (end < offset + length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, offset, end - offset, StandardCharsets.UTF_8);
  }

  /** What a pax record says about the next file: its path or null, its size or -1. */
  private record Pax(String path, long size) {
    static Pax parse(byte[] record) {
      String path = null;
      long size = -1;
      for (int at = 0; at < record.length; ) {
        int space = at;
        int length = 0;
        while (space < record.length && record[space] >= '0' && record[space] <= '9') {
          length = Math.min(LONGEST_RECORD, length * 10 + record[space] - '0');
          space++;
        }
        int end = at + length;
        if (end > record.length || end - space < 2 || record[space] != ' ') {
          break;
        }
        String entry = new String(record, space + 1, end - space - 2, StandardCharsets.UTF_8);
        if (entry.startsWith("path=")) {
          path = entry.substring(5);
        } else if (entry.startsWith("size=") && entry.substring(5).matches("\\d{1,18}")) {
          size = Long.parseLong(entry.substring(5));
        }
        at = end;
      }
      return new Pax(path, size);
    }
  }
}
