package dev.troupe.data.text;

import java.util.HashMap;
import java.util.Map;

/**
 * A single-byte encoding whose unassigned bytes stand for the code points of the same number, as
 * browsers read them. In those that Windows left holes in, byte 0x1A stands for U+FFFD, so that
 * text that lost a byte can still be told.
 */
final class SloppyEncoding {
  private static final int LOST = 0x1a;

  private final String name;
  private final Map<Character, Byte> bytes = new HashMap<>();

  /**
   * @param upperHalf what bytes 0x80 to 0xff stand for
   */
  SloppyEncoding(String name, String upperHalf) {
    this.name = name;
    for (int i = 0; i < 0x80; i++) {
      bytes.put((char) i, (byte) i);
    }
    if (isSloppy()) {
      bytes.remove((char) LOST);
      bytes.put('\ufffd', (byte) LOST);
    }
    for (int i = 0; i < 0x80; i++) {
      bytes.put(upperHalf.charAt(i), (byte) (0x80 + i));
    }
  }

  String name() {
    return name;
  }

  boolean isSloppy() {
    return name.startsWith("sloppy");
  }

  /** The bytes of a text, or null if it holds a character that the encoding lacks. */
  byte[] encode(String text) {
    byte[] encoded = new byte[text.length()];
    for (int i = 0; i < encoded.length; i++) {
      Byte value = bytes.get(text.charAt(i));
      if (value == null) {
        return null;
      }
      encoded[i] = value;
    }
    return encoded;
  }
}
