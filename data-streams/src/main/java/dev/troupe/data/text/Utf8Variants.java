package dev.troupe.data.text;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** UTF-8, strict, and with two spellings that other programs write. */
final class Utf8Variants {
  private Utf8Variants() {}

  /** The text of strict UTF-8, or null if the bytes are none. */
  static String decodeStrict(byte[] bytes) {
    return decodeStrict(bytes, 0, bytes.length);
  }

  private static String decodeStrict(byte[] bytes, int from, int to) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    try {
      return decoder.decode(ByteBuffer.wrap(bytes, from, to - from)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /**
   * As {@link #decodeStrict}, but a pair of surrogates written as two characters (CESU-8) gives the
   * character it stands for, and C0 80 gives U+0000, as Java's class files write it.
   */
  static String decodeLenient(byte[] bytes) {
    StringBuilder out = new StringBuilder(bytes.length);
    int done = 0;
    for (int at = 0; at < bytes.length; ) {
      int length = isNull(bytes, at) ? 2 : isSurrogatePair(bytes, at) ? 6 : 0;
      if (length == 0) {
        at++;
        continue;
      }
      String plain = decodeStrict(bytes, done, at);
      if (plain == null) {
        return null;
      }
      out.append(plain);
      if (length == 2) {
        out.append('\0');
      } else {
        out.appendCodePoint(
            0x10000
                + ((bytes[at + 1] & 0x0f) << 16)
                + ((bytes[at + 2] & 0x3f) << 10)
                + ((bytes[at + 4] & 0x0f) << 6)
                + (bytes[at + 5] & 0x3f));
      }
      at += length;
      done = at;
    }
    String rest = decodeStrict(bytes, done, bytes.length);
    return rest == null ? null : out.append(rest).toString();
  }

  /** C0 80; ftfy also takes C0 before a line break at the end for it. */
  private static boolean isNull(byte[] bytes, int at) {
    return (bytes[at] & 0xff) == 0xc0
        && at + 1 < bytes.length
        && ((bytes[at + 1] & 0xff) == 0x80 || (at + 2 == bytes.length && bytes[at + 1] == '\n'));
  }

  private static boolean isSurrogatePair(byte[] bytes, int at) {
    return at + 6 <= bytes.length
        && (bytes[at] & 0xff) == 0xed
        && (bytes[at + 1] & 0xf0) == 0xa0
        && (bytes[at + 2] & 0xc0) == 0x80
        && (bytes[at + 3] & 0xff) == 0xed
        && (bytes[at + 4] & 0xf0) == 0xb0
        && (bytes[at + 5] & 0xc0) == 0x80;
  }
}
