package dev.troupe.data.store;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/** Checksums that stores give, and those computed of what arrived. */
final class Digests {
  private static final Pattern MD5_TAG = Pattern.compile("\"?[0-9a-fA-F]{32}\"?");
  private static final Map<String, String> HEADERS =
      Map.of(
          "Content-MD5", "MD5",
          "x-amz-checksum-crc32", "CRC32",
          "x-amz-checksum-crc32c", "CRC32C",
          "x-amz-checksum-sha1", "SHA-1",
          "x-amz-checksum-sha256", "SHA-256");

  private final Map<String, byte[]> expected;
  private final List<Running> running = new ArrayList<>();

  private interface Running {
    void update(byte[] bytes, int offset, int length);

    byte[] value();
  }

  Digests(Map<String, byte[]> expected) {
    this.expected = expected;
    expected.keySet().forEach(algorithm -> running.add(start(algorithm)));
  }

  void update(byte[] bytes, int offset, int length) {
    running.forEach(r -> r.update(bytes, offset, length));
  }

  /** The first algorithm whose value is not the expected one, in words; null if all agree. */
  String mismatch() {
    int i = 0;
    for (Map.Entry<String, byte[]> entry : expected.entrySet()) {
      byte[] value = running.get(i++).value();
      if (!Arrays.equals(value, entry.getValue())) {
        return String.format(
            "%s is %s, the store says %s",
            entry.getKey(),
            HexFormat.of().formatHex(value),
            HexFormat.of().formatHex(entry.getValue()));
      }
    }
    return null;
  }

  /**
   * What the headers of a response say about the whole object. An ETag is a checksum only at S3,
   * and there only of objects that came in one part and are not encrypted with a customer's key.
   */
  static Map<String, byte[]> ofHeaders(UnaryOperator<String> header) {
    Map<String, byte[]> digests = new HashMap<>();
    HEADERS.forEach(
        (name, algorithm) -> {
          String value = header.apply(name);
          // Composite checksums of multipart uploads end with -N and are of the parts' checksums.
          if (value != null && !value.contains("-")) {
            try {
              digests.put(algorithm, Base64.getDecoder().decode(value.trim()));
            } catch (IllegalArgumentException e) {
              // Not a checksum.
            }
          }
        });
    if (header.apply("x-amz-request-id") != null) {
      String encryption = header.apply("x-amz-server-side-encryption");
      boolean plain =
          (encryption == null || encryption.equals("AES256"))
              && header.apply("x-amz-server-side-encryption-customer-algorithm") == null;
      ofTag(plain ? header.apply("ETag") : null, digests);
    }
    return digests;
  }

  static void ofTag(String tag, Map<String, byte[]> digests) {
    if (tag != null && MD5_TAG.matcher(tag).matches()) {
      digests.put("MD5", HexFormat.of().parseHex(tag.replace("\"", "")));
    }
  }

  private static Running start(String algorithm) {
    if (algorithm.startsWith("CRC")) {
      Checksum crc = algorithm.equals("CRC32") ? new CRC32() : new CRC32C();
      return new Running() {
        @Override
        public void update(byte[] bytes, int offset, int length) {
          crc.update(bytes, offset, length);
        }

        @Override
        public byte[] value() {
          int v = (int) crc.getValue();
          return new byte[] {(byte) (v >>> 24), (byte) (v >>> 16), (byte) (v >>> 8), (byte) v};
        }
      };
    }
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      return new Running() {
        @Override
        public void update(byte[] bytes, int offset, int length) {
          digest.update(bytes, offset, length);
        }

        @Override
        public byte[] value() {
          return digest.digest();
        }
      };
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
