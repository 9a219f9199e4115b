package dev.troupe.data.shard;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * The file of one shard's index, {@code NAME.idx}: big-endian; strings as {@link
 * java.io.DataOutput#writeUTF}.
 *
 * <pre>
 * int   0x54525058 ("TRPX")          int   format, 1
 * str   the shard's version: ETag, or the time of its last change
 * long  the shard's size
 * int   samples
 * int   damages, each: long offset, str what
 * int   suffixes, each: str
 * int   bytes of all keys, then the keys, UTF-8, end to end
 * ...   samples, each: int end of its key, int end of its members
 * ...   members, each: short suffix, long offset, long size
 * </pre>
 *
 * @param version the shard's version when it was indexed
 */
record ShardIndexFile(String version, ShardIndex index) {
  private static final int MAGIC = 0x54525058;
  private static final int FORMAT = 1;

  static ShardIndexFile read(Path file) throws IOException {
    try (DataInputStream in = open(file)) {
      Head head = readHead(in, file);
      return new ShardIndexFile(head.version, ShardIndex.read(in, head.shardSize, head.samples));
    }
  }

  /** Reads only what tells whether an index is of the present shard, and its number of samples. */
  static Head readHead(Path file) throws IOException {
    try (DataInputStream in = open(file)) {
      return readHead(in, file);
    }
  }

  record Head(String version, long shardSize, int samples) {}

  private static DataInputStream open(Path file) throws IOException {
    return new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
  }

  private static Head readHead(DataInputStream in, Path file) throws IOException {
    if (in.readInt() != MAGIC || in.readInt() != FORMAT) {
      throw new IOException(file + ": not a shard index of this version");
    }
    return new Head(in.readUTF(), in.readLong(), in.readInt());
  }

  /** Writes the file; it appears under its name only when whole. */
  void write(Path file) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part" + Thread.currentThread().getId());
    try {
      try (DataOutputStream out =
          new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(part), 1 << 16))) {
        out.writeInt(MAGIC);
        out.writeInt(FORMAT);
        out.writeUTF(version);
        out.writeLong(index.shardSize());
        out.writeInt(index.samples());
        index.write(out);
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
