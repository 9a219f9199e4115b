package dev.troupe.data.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Unicode properties as OpenCLIP's tokenizer sees them through Python, out of a table: the JDK's
 * own belong to another version of Unicode with each release, and token ids must not.
 */
final class UnicodeClasses {
  private static final BitSet LETTERS = new BitSet();
  private static final BitSet NUMBERS = new BitSet();
  private static final BitSet UNMATCHED = new BitSet();
  private static final BitSet CASED = new BitSet();
  private static final BitSet CASE_IGNORABLE = new BitSet();
  private static final int[] UPPER;
  private static final int[] LOWER;

  static {
    List<int[]> pairs = new ArrayList<>();
    for (String line : Tables.lines("unicode-classes.txt")) {
      String[] words = line.split(" ");
      for (int i = 1; i < words.length; i++) {
        String[] ends = words[i].split("-");
        int first = Integer.parseInt(ends[0], 16);
        int last = Integer.parseInt(ends[ends.length - 1], 16);
        if (words[0].startsWith("lower:")) {
          int shift = Integer.parseInt(words[0].substring("lower:".length()));
          for (int code = first; code <= last; code++) {
            pairs.add(new int[] {code, code + shift});
          }
        } else {
          classNamed(words[0]).set(first, last + 1);
        }
      }
    }
    pairs.sort((a, b) -> Integer.compare(a[0], b[0]));
    UPPER = pairs.stream().mapToInt(pair -> pair[0]).toArray();
    LOWER = pairs.stream().mapToInt(pair -> pair[1]).toArray();
  }

  private UnicodeClasses() {}

  private static BitSet classNamed(String name) {
    switch (name) {
      case "letter":
        return LETTERS;
      case "number":
        return NUMBERS;
      case "unmatched":
        return UNMATCHED;
      case "cased":
        return CASED;
      case "ignorable":
        return CASE_IGNORABLE;
      default:
        throw new IllegalStateException("unicode-classes.txt: " + name);
    }
  }

  /** Whether {@code [\p{L}]} matches. */
  static boolean isLetter(int code) {
    return LETTERS.get(code);
  }

  /** Whether {@code [\p{N}]} matches. */
  static boolean isNumber(int code) {
    return NUMBERS.get(code);
  }

  /** Whether {@code [^\s\p{L}\p{N}]} matches. */
  static boolean isOther(int code) {
    return !isLetter(code) && !isNumber(code) && !isSpace(code) && !UNMATCHED.get(code);
  }

  /** Python's {@code str.isspace} of one character. */
  static boolean isSpace(int code) {
    return code == ' '
        || (code >= 0x09 && code <= 0x0d)
        || (code >= 0x1c && code <= 0x1f)
        || code == 0x85
        || code == 0xa0
        || code == 0x1680
        || (code >= 0x2000 && code <= 0x200a)
        || code == 0x2028
        || code == 0x2029
        || code == 0x202f
        || code == 0x205f
        || code == 0x3000;
  }

  /** Python's {@code str.strip}. */
  static String strip(String text) {
    int start = 0;
    int end = text.length();
    while (start < end && isSpace(text.charAt(start))) {
      start++;
    }
    while (end > start && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(start, end);
  }

  /** Python's {@code " ".join(text.split())}: runs of white space become one space. */
  static String collapseSpaces(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean gap = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (isSpace(c)) {
        gap = true;
        continue;
      }
      if (gap && out.length() > 0) {
        out.append(' ');
      }
      gap = false;
      out.append(c);
    }
    return out.toString();
  }

  /** Python's {@code str.lower}. */
  static String toLowerCase(String text) {
    int at = 0;
    while (at < text.length() && isPlain(text.charAt(at))) {
      at++;
    }
    if (at == text.length()) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length() + 2).append(text, 0, at);
    while (at < text.length()) {
      int code = text.codePointAt(at);
      if (code == 'Σ') {
        out.append(isFinalSigma(text, at) ? 'ς' : 'σ');
      } else if (code == 'İ') {
        out.append("i\u0307");
      } else {
        out.appendCodePoint(lower(code));
      }
      at += Character.charCount(code);
    }
    return out.toString();
  }

  private static boolean isPlain(char c) {
    return c < 0x80 && !(c >= 'A' && c <= 'Z');
  }

  private static int lower(int code) {
    if (code < 0x80) {
      return code >= 'A' && code <= 'Z' ? code + 32 : code;
    }
    int found = Arrays.binarySearch(UPPER, code);
    return found < 0 ? code : LOWER[found];
  }

  /** After a cased letter and before none, with characters between them that do not count. */
  private static boolean isFinalSigma(String text, int at) {
    int before = at;
    int code = -1;
    while (before > 0) {
      code = text.codePointBefore(before);
      before -= Character.charCount(code);
      if (!CASE_IGNORABLE.get(code)) {
        break;
      }
      code = -1;
    }
    if (code < 0 || !CASED.get(code)) {
      return false;
    }
    int after = at + 1;
    while (after < text.length()) {
      code = text.codePointAt(after);
      after += Character.charCount(code);
      if (!CASE_IGNORABLE.get(code)) {
        return !CASED.get(code);
      }
    }
    return true;
  }
}
