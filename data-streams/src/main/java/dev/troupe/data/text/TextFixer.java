package dev.troupe.data.text;

import java.text.Normalizer;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Mends text as {@code ftfy.fix_text} 6 with its default settings: HTML entities, mojibake,
 * ligatures, character widths, curly quotes, line breaks, terminal escapes, control characters; the
 * result is in normal form C.
 */
final class TextFixer {
  private static final int LONGEST_SEGMENT = 1_000_000;

  private static final Map<Character, String> LIGATURES =
      Map.ofEntries(
          Map.entry('Ĳ', "IJ"),
          Map.entry('ĳ', "ij"),
          Map.entry('ŉ', "'n"),
          Map.entry('Ǳ', "DZ"),
          Map.entry('ǲ', "Dz"),
          Map.entry('ǳ', "dz"),
          Map.entry('Ǆ', "DŽ"),
          Map.entry('ǅ', "Dž"),
          Map.entry('ǆ', "dž"),
          Map.entry('Ǉ', "LJ"),
          Map.entry('ǈ', "Lj"),
          Map.entry('ǉ', "lj"),
          Map.entry('Ǌ', "NJ"),
          Map.entry('ǋ', "Nj"),
          Map.entry('ǌ', "nj"),
          Map.entry('ﬀ', "ff"),
          Map.entry('ﬁ', "fi"),
          Map.entry('ﬂ', "fl"),
          Map.entry('ﬃ', "ffi"),
          Map.entry('ﬄ', "ffl"),
          Map.entry('ﬅ', "ſt"),
          Map.entry('ﬆ', "st"));

  private static final Pattern TERMINAL_ESCAPE = Pattern.compile("\u001b\\[[\\p{Nd};]*[a-zA-Z]");
  private static final Pattern LINE_BREAK = Pattern.compile("\r\n|[\r\u2028\u2029\u0085]");

  private TextFixer() {}

  /** The mended text; each line is mended by itself. */
  static String fix(String text) {
    if (isPlain(text)) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    boolean entities = true;
    int at = 0;
    while (at < text.length()) {
      int end = text.indexOf('\n', at) + 1;
      if (end == 0) {
        end = text.length();
      }
      if (text.codePointCount(at, end) > LONGEST_SEGMENT) {
        end = text.offsetByCodePoints(at, LONGEST_SEGMENT);
      }
      String line = text.substring(at, end);
      // What holds a tag is HTML, where entities are meant; so, for ftfy, is all that follows it.
      entities &= line.indexOf('<') < 0;
      out.append(fixLine(line, entities));
      at = end;
    }
    return out.toString();
  }

  /** Whether there is nothing to mend: most captions. */
  private static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c > 0x7e || c == '&' || (c < 0x20 && c != '\t' && c != '\n' && c != '\f')) {
        return false;
      }
    }
    return true;
  }

  private static String fixLine(String line, boolean entities) {
    String text = line;
    while (true) {
      String before = text;
      if (entities) {
        text = HtmlEntities.unescapeStrict(text);
      }
      text = Mojibake.fix(text);
      text = Mojibake.fixControls(text);
      text = replaceCharacters(text);
      text = LINE_BREAK.matcher(text).replaceAll("\n");
      text = TERMINAL_ESCAPE.matcher(text).replaceAll("");
      text = removeControls(text);
      text = Normalizer.normalize(text, Normalizer.Form.NFC);
      if (text.equals(before)) {
        return text;
      }
    }
  }

  /** Ligatures, widths, quotes and lone surrogates, which do not touch each other's characters. */
  private static String replaceCharacters(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        out.append(c);
      } else if (LIGATURES.containsKey(c)) {
        out.append(LIGATURES.get(c));
      } else if (c == 0x3000) {
        out.append(' ');
      } else if (c >= 0xff01 && c <= 0xffef) {
        out.append(Normalizer.normalize(String.valueOf(c), Normalizer.Form.NFKC));
      } else if (c == 0x2bc || (c >= 0x2018 && c <= 0x201b)) {
        out.append('\'');
      } else if (c >= 0x201c && c <= 0x201f) {
        out.append('"');
      } else if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (pair) {
          out.append(c).append(text.charAt(++i));
        } else {
          out.append('\ufffd');
        }
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private static String removeControls(String text) {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean removed =
          c <= 0x08
              || c == 0x0b
              || (c >= 0x0e && c <= 0x1f)
              || c == 0x7f
              || (c >= 0x206a && c <= 0x206f)
              || c == 0xfeff
              || (c >= 0xfff9 && c <= 0xfffc);
      if (!removed) {
        out.append(c);
      }
    }
    return out.toString();
  }
}
