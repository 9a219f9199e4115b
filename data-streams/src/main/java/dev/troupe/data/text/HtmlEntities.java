package dev.troupe.data.text;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** HTML character references, as Python's {@code html.unescape} and as ftfy read them. */
final class HtmlEntities {
  /** {@code amp;} and {@code amp} to their characters. */
  private static final Map<String, String> NAMED = new HashMap<>();

  /** {@code &AMP;}-like spellings that HTML does not know but ftfy reads. */
  private static final Map<String, String> SHOUTED = new HashMap<>();

  private static final int LONGEST_NAME = 32;
  private static final Pattern STRICT = Pattern.compile("&#?[0-9A-Za-z]{1,24};");

  /** What numbers 0x80 to 0x9f stand for: Windows-1252, as in HTML. */
  private static final String WINDOWS_1252 =
      "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d"
          + "\u008f\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153"
          + "\u009d\u017e\u0178";

  static {
    for (String line : Tables.lines("html5-entities.txt")) {
      String[] words = line.split(" ");
      StringBuilder value = new StringBuilder();
      for (int i = 1; i < words.length; i++) {
        value.appendCodePoint(Integer.parseInt(words[i], 16));
      }
      NAMED.put(words[0], value.toString());
    }
    NAMED.forEach(
        (name, value) -> {
          String shouted = "&" + name.toUpperCase(Locale.ROOT);
          boolean lower = name.equals(name.toLowerCase(Locale.ROOT));
          if (lower && name.endsWith(";") && unescape(shouted).equals(shouted)) {
            SHOUTED.put(shouted.substring(1), value.toUpperCase(Locale.ROOT));
          }
        });
  }

  private HtmlEntities() {}

  /**
   * Python's {@code html.unescape}: HTML5's rules for references with and without their semicolon,
   * valid or not.
   */
  static String unescape(String text) {
    int start = text.indexOf('&');
    if (start < 0) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    int done = 0;
    while (start >= 0) {
      out.append(text, done, start);
      int end = start + 1;
      if (end < text.length() && text.charAt(end) == '#') {
        end = numberEnd(text, end + 1);
      } else {
        end = nameEnd(text, end);
      }
      if (end < 0) {
        // A lone sign, or a number sign without a number: the latter may still start a name.
        end = nameEnd(text, start + 1);
      }
      if (end < 0) {
        out.append('&');
        end = start + 1;
      } else {
        appendReference(out, text, start + 1, end);
      }
      done = end;
      start = text.indexOf('&', done);
    }
    return out.append(text, done, text.length()).toString();
  }

  /** Where digits and an optional semicolon end, or -1 if there are no digits. */
  private static int numberEnd(String text, int from) {
    int at = from;
    boolean hexadecimal = at < text.length() && (text.charAt(at) | 0x20) == 'x';
    if (hexadecimal) {
      at++;
    }
    int digits = at;
    while (at < text.length() && isDigit(text.charAt(at), hexadecimal)) {
      at++;
    }
    if (at == digits) {
      return -1;
    }
    return at < text.length() && text.charAt(at) == ';' ? at + 1 : at;
  }

  private static boolean isDigit(char c, boolean hexadecimal) {
    return (c >= '0' && c <= '9')
        || (hexadecimal && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
  }

  /** Where up to 32 characters that may be a name and an optional semicolon end, or -1. */
  private static int nameEnd(String text, int from) {
    int at = from;
    for (int count = 0; count < LONGEST_NAME && at < text.length(); count++) {
      char c = text.charAt(at);
      if (c == '\t' || c == '\n' || c == '\f' || c == ' ' || c == '<' || c == '&' || c == '#'
          || c == ';') {
        break;
      }
      at += Character.charCount(text.codePointAt(at));
    }
    if (at == from) {
      return -1;
    }
    return at < text.length() && text.charAt(at) == ';' ? at + 1 : at;
  }

  private static void appendReference(StringBuilder out, String text, int from, int end) {
    if (text.charAt(from) == '#') {
      appendNumber(out, text, from + 1, end);
      return;
    }
    String name = text.substring(from, end);
    for (int length = name.length(); length > 1; length--) {
      String value = NAMED.get(name.substring(0, length));
      if (value != null) {
        out.append(value).append(name, length, name.length());
        return;
      }
    }
    out.append('&').append(name);
  }

  private static void appendNumber(StringBuilder out, String text, int from, int end) {
    boolean hexadecimal = (text.charAt(from) | 0x20) == 'x';
    int number = 0;
    for (int at = hexadecimal ? from + 1 : from; at < end && text.charAt(at) != ';'; at++) {
      int digit = Character.digit(text.charAt(at), 16);
      number = Math.min(0x110000, number * (hexadecimal ? 16 : 10) + digit);
    }
    if (number == 0 || number > 0x10ffff || (number >= 0xd800 && number <= 0xdfff)) {
      out.append('\ufffd');
    } else if (number >= 0x80 && number <= 0x9f) {
      out.append(WINDOWS_1252.charAt(number - 0x80));
    } else if (!isDropped(number)) {
      out.appendCodePoint(number);
    }
  }

  /** Control characters and noncharacters, which references may not name. */
  private static boolean isDropped(int number) {
    return (number >= 0x01 && number <= 0x08)
        || number == 0x0b
        || (number >= 0x0e && number <= 0x1f)
        || number == 0x7f
        || (number >= 0xfdd0 && number <= 0xfdef)
        || (number & 0xfffe) == 0xfffe;
  }

  /**
   * ftfy's {@code unescape_html}: only references with their semicolon, and names in capitals where
   * they are unambiguous ({@code &EACUTE;}).
   */
  static String unescapeStrict(String text) {
    if (text.indexOf('&') < 0) {
      return text;
    }
    Matcher matcher = STRICT.matcher(text);
    StringBuilder out = new StringBuilder(text.length());
    int done = 0;
    while (matcher.find()) {
      out.append(text, done, matcher.start()).append(strict(matcher.group()));
      done = matcher.end();
    }
    return out.append(text, done, text.length()).toString();
  }

  private static String strict(String reference) {
    String name = reference.substring(1);
    String value = NAMED.get(name);
    if (value == null) {
      value = SHOUTED.get(name);
    }
    if (value != null) {
      return value;
    }
    if (name.startsWith("#")) {
      String read = unescape(reference);
      return read.indexOf(';') < 0 ? read : reference;
    }
    return reference;
  }
}
