package dev.troupe.data.text;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.regex.Pattern;

/**
 * Undoes mojibake as ftfy's {@code fix_encoding}: text that was UTF-8 but was read as something
 * else is written back in that encoding and read as UTF-8, again and again while it looks bad.
 */
final class Mojibake {
  private static final SloppyEncoding LATIN_1 = MojibakeTables.encoding("latin-1");
  private static final String WINDOWS_1252_UPPER = MojibakeTables.upperHalf("sloppy-windows-1252");

  private static final BitSet FIRST_OF_2 = MojibakeTables.utf8("utf8_first_of_2");
  private static final BitSet FIRST_OF_3 = MojibakeTables.utf8("utf8_first_of_3");
  private static final BitSet FIRST_OF_4 = MojibakeTables.utf8("utf8_first_of_4");
  private static final BitSet CONTINUATION = MojibakeTables.utf8("utf8_continuation");
  private static final BitSet STRICT_CONTINUATION = MojibakeTables.utf8("utf8_continuation_strict");

  // Bytes stand in these patterns as the characters of the same numbers.

  /** UTF-8 of which a byte A0, a no-break space in Latin-1, became a space. */
  private static final Pattern SPACE_FOR_A0 =
      Pattern.compile(
          "[\u00c2\u00c3\u00c5\u00ce\u00d0\u00d9] "
              + "|[\u00e2\u00e3] [\u0080-\u0084\u0086-\u009f\u00a1-\u00bf]"
              + "|[\u00e0-\u00e3][\u0080-\u0084\u0086-\u009f\u00a1-\u00bf] "
              + "|\u00f0 [\u0080-\u00bf][\u0080-\u00bf]"
              + "|\u00f0[\u0080-\u00bf] [\u0080-\u00bf]"
              + "|\u00f0[\u0080-\u00bf][\u0080-\u00bf] ");

  /** The word "à", whose second byte became the space that follows it. */
  private static final Pattern A_GRAVE = Pattern.compile("\u00c3 (?! |quele|quela|quilo|s )");

  /** UTF-8 of which a byte was lost: 1A, or a question mark. */
  private static final Pattern LOSSY =
      Pattern.compile(
          "[\u00c2-\u00df]\u001a"
              + "|[\u00c2-\u00c3]\\?"
              + "|\u00ed[\u00a0-\u00af][\u001a?]\u00ed[\u00b0-\u00bf][\u001a?\u0080-\u00bf]"
              + "|\u00ed[\u00a0-\u00af][\u001a?\u0080-\u00bf]\u00ed[\u00b0-\u00bf][\u001a?]"
              + "|[\u00e0-\u00ef][\u001a?][\u001a\u0080-\u00bf]"
              + "|[\u00e0-\u00ef][\u001a\u0080-\u00bf][\u001a?]"
              + "|[\u00f0-\u00f4][\u001a?][\u001a\u0080-\u00bf][\u001a\u0080-\u00bf]"
              + "|[\u00f0-\u00f4][\u001a\u0080-\u00bf][\u001a?][\u001a\u0080-\u00bf]"
              + "|[\u00f0-\u00f4][\u001a\u0080-\u00bf][\u001a\u0080-\u00bf][\u001a?]"
              + "|\u001a");

  /** UTF-8 of U+FFFD. */
  private static final String REPLACEMENT = "\u00ef\u00bf\u00bd";

  private Mojibake() {}

  /** The text as it was meant, as far as that can be told. */
  static String fix(String text) {
    String current = text;
    while (true) {
      String fixed = fixOnce(current);
      if (fixed.equals(current)) {
        return current;
      }
      current = fixed;
    }
  }

  private static String fixOnce(String text) {
    if (!Badness.isBad(text)) {
      return text;
    }
    for (SloppyEncoding encoding : MojibakeTables.ENCODINGS) {
      byte[] bytes = encoding.encode(text);
      String fixed = bytes == null ? null : decode(bytes, encoding);
      if (fixed != null) {
        return fixed;
      }
    }
    String fixed = fixParts(text);
    if (!fixed.equals(text)) {
      return fixed;
    }
    if (LATIN_1.encode(text) != null) {
      fixed = asWindows1252(text);
      if (fixed != null && !fixed.equals(text)) {
        return fixed;
      }
    }
    return fixControls(text);
  }

  /** Reads bytes as UTF-8, some of which may have been altered or lost; null if that fails. */
  private static String decode(byte[] bytes, SloppyEncoding encoding) {
    String latin = new String(bytes, StandardCharsets.ISO_8859_1);
    // In MacRoman this would match a dash and a space.
    if (!encoding.name().equals("macroman") && SPACE_FOR_A0.matcher(latin).find()) {
      latin = A_GRAVE.matcher(latin).replaceAll("\u00c3\u00a0 ");
      latin = SPACE_FOR_A0.matcher(latin).replaceAll(found -> found.group().replace(' ', '\u00a0'));
    }
    if (encoding.isSloppy()) {
      latin = LOSSY.matcher(latin).replaceAll(REPLACEMENT);
    }
    byte[] utf8 = latin.getBytes(StandardCharsets.ISO_8859_1);
    boolean variant = latin.indexOf('\u00ed') >= 0 || latin.indexOf('\u00c0') >= 0;
    return variant ? Utf8Variants.decodeLenient(utf8) : Utf8Variants.decodeStrict(utf8);
  }

  /** Fixes stretches that look like UTF-8 within text that as a whole is in no single encoding. */
  private static String fixParts(String text) {
    StringBuilder out = new StringBuilder(text.length());
    int at = 0;
    while (at < text.length()) {
      int end = at;
      if (at == 0 || !STRICT_CONTINUATION.get(text.charAt(at - 1))) {
        for (int next = sequenceEnd(text, at); next > end; next = sequenceEnd(text, end)) {
          end = next;
        }
      }
      if (end == at) {
        out.append(text.charAt(at++));
        continue;
      }
      String part = text.substring(at, end);
      boolean fixable = part.length() < text.length() && Badness.isBad(part);
      out.append(fixable ? fix(part) : part);
      at = end;
    }
    return out.toString();
  }

  /** Where a sequence that looks like one UTF-8 character ends, or {@code at} if none starts. */
  private static int sequenceEnd(String text, int at) {
    if (at >= text.length()) {
      return at;
    }
    char first = text.charAt(at);
    if (FIRST_OF_2.get(first) && continues(text, at, 1)) {
      return at + 2;
    }
    if (FIRST_OF_3.get(first) && continues(text, at, 2)) {
      return at + 3;
    }
    return FIRST_OF_4.get(first) && continues(text, at, 3) ? at + 4 : at;
  }

  private static boolean continues(String text, int at, int count) {
    if (at + count >= text.length()) {
      return false;
    }
    for (int i = 1; i <= count; i++) {
      if (!CONTINUATION.get(text.charAt(at + i))) {
        return false;
      }
    }
    return true;
  }

  /** Latin-1's control characters as Windows-1252, or null if one is unassigned there. */
  private static String asWindows1252(String text) {
    String fixed = fixControls(text);
    for (int i = 0; i < fixed.length(); i++) {
      char c = fixed.charAt(i);
      if (c >= 0x80 && c <= 0x9f) {
        return null;
      }
    }
    return fixed;
  }

  /** Control characters of 0x80 to 0x9f as the characters of these numbers in Windows-1252. */
  static String fixControls(String text) {
    StringBuilder out = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80 && c <= 0x9f) {
        out = out == null ? new StringBuilder(text) : out;
        out.setCharAt(i, WINDOWS_1252_UPPER.charAt(c - 0x80));
      }
    }
    return out == null ? text : out.toString();
  }
}
