package dev.troupe.nn.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/** Checksums of files: CRC-32C against accidents (fast), SHA-256 against anything else. */
public final class Checksums {
  private static final int BLOCK = 1 << 20;

  private Checksums() {}

  /** The CRC-32C of a file as eight hexadecimal digits. */
  public static String crc32c(Path path) throws IOException {
    CRC32C crc = new CRC32C();
    feed(path, crc::update);
    return hex(crc);
  }

  /** The SHA-256 of a file as 64 hexadecimal digits. */
  public static String sha256(Path path) throws IOException {
    MessageDigest digest = newSha256();
    feed(path, digest::update);
    return HexFormat.of().formatHex(digest.digest());
  }

  static String hex(CRC32C crc) {
    return HexFormat.of().toHexDigits((int) crc.getValue());
  }

  static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static void feed(Path path, Consumer<ByteBuffer> sink) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      ByteBuffer block = ByteBuffer.allocateDirect(BLOCK);
      while (channel.read(block) >= 0) {
        sink.accept(block.flip());
        block.clear();
      }
    }
  }
}
