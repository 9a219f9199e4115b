package dev.troupe.data.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/**
 * Tells text that looks like mojibake: UTF-8 that was read in another encoding.
 *
 * <p>The heuristic is ftfy's (Robyn Speer, Apache-2.0): sequences of characters that are far more
 * likely in mojibake than in text that somebody wrote. Each rule is a sequence of sets of
 * characters.
 */
final class Badness {
  private static final String ANY_MARK =
      "lower_accented upper_accented box start_punctuation end_punctuation currency numeric law";
  private static final String ASCII_LOWER = "=abcdefghijklmnopqrstuvwxyz";
  private static final String ASCII_LETTERS =
      ASCII_LOWER + ASCII_LOWER.substring(1).toUpperCase(Locale.ROOT);
  private static final String NOT_ASCII_LETTER = "not-ascii-letter";
  private static final String SPACE = "space";
  private static final String WORD = "word";
  private static final String ANY = "any";

  private static final List<Rule> RULES = new ArrayList<>();

  /** Rules by the character they start with; null where there are none. */
  private static final Rule[][] BY_START = new Rule[0x10000][];

  static {
    general();
    windows1252();
    macRoman();
    cyrillicGreekBaltic();
    for (Rule rule : RULES) {
      BitSet start = rule.sets[0];
      for (int c = start.nextSetBit(0); c >= 0; c = start.nextSetBit(c + 1)) {
        Rule[] old = BY_START[c] == null ? new Rule[0] : BY_START[c];
        BY_START[c] = Arrays.copyOf(old, old.length + 1);
        BY_START[c][old.length] = rule;
      }
    }
  }

  private Badness() {}

  /** Whether some sequence of the text is unlikely. */
  static boolean isBad(String text) {
    for (int i = 0; i < text.length(); i++) {
      Rule[] rules = BY_START[text.charAt(i)];
      if (rules != null) {
        for (Rule rule : rules) {
          if (rule.matches(text, i)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Unlikely neighbours, whatever the encoding. */
  private static void general() {
    rule("c1");
    rule("bad " + ANY_MARK, "bad");
    rule(ASCII_LETTERS, "lower_common upper_common", "bad");
    rule("bad", ANY_MARK);
    rule("lower_accented lower_common box end_punctuation currency numeric", "upper_accented");
    rule("box end_punctuation currency numeric", "lower_accented");
    rule("lower_accented box end_punctuation", "currency");
    rule(SPACE, "upper_accented", "currency");
    rule("upper_accented box", "numeric law");
    rule(
        "lower_accented upper_accented box currency end_punctuation",
        "start_punctuation",
        "numeric");
    rule(
        "lower_accented upper_accented currency numeric box law",
        "end_punctuation",
        "start_punctuation");
    rule("currency numeric box", "start_punctuation");
    rule(ASCII_LOWER, "upper_accented", "start_punctuation currency");
    rule("box", "kaomoji");
    rule(
        "lower_accented upper_accented currency numeric start_punctuation end_punctuation law",
        "box");
    rule("box", "end_punctuation");
    rule("lower_accented upper_accented", "start_punctuation end_punctuation", WORD);
    rule("=Œœ", NOT_ASCII_LETTER);
    rule("upper_accented", "=°");
  }

  /** Pairs that UTF-8 gives when it is read as Windows-1252. */
  private static void windows1252() {
    rule("=ÂÃÎÐ", "start_punctuation end_punctuation" + " =€œŠš¢£Ÿž\u00a0\u00ad®©°·»–—´");
    rule("=×", "=²³");
    String arabic = "common currency bad numeric start_punctuation =ŸŠ®°µ»";
    rule("=ØÙ", arabic, "=ØÙ", arabic);
    rule("=à", "=²µ¹¼½¾");
    rule("=Ã", "=\u00a0¡");
    rule(ASCII_LOWER, "=ÃÂ", "= ");
    rule(ASCII_LOWER, SPACE, "=ÃÂ", "= ");
    RULES.add(new Rule(true, set("=ÃÂ"), set("= ")));
    rule("end_punctuation " + ASCII_LOWER + ".,?!", "=Â", "start_punctuation end_punctuation = ");
  }

  /** Sequences that UTF-8 gives when it is read as MacRoman. */
  private static void macRoman() {
    rule("=√", "=±∂†≠®™´≤≥¥µø");
    rule("=≈", "=°¢");
    rule("=‚", "=Ä", "=ìîïòôúùû†°¢π");
    rule("=‚", "=âó", "=àä°ê");
  }

  /** Sequences that UTF-8 gives when it is read as Windows-1251, 1253 or 1257. */
  private static void cyrillicGreekBaltic() {
    rule("=в", "=Ђ");
    String between = "c1 bad start_punctuation end_punctuation currency =°";
    rule("=ВГРС", between + "µ", "=ВГРС");
    rule("=Г", "=ў", "=В", "=Ђ", "=В", ANY, ASCII_LETTERS + " ");
    rule("=β", "=€", "=™\u00a0Ά\u00ad®°");
    rule("=ΒΓΞΟ", between, "=ΒΓΞΟ");
    rule("=ā", "=€");
  }

  private static void rule(String... sets) {
    BitSet[] parsed = new BitSet[sets.length];
    for (int i = 0; i < sets.length; i++) {
      parsed[i] = set(sets[i]);
    }
    RULES.add(new Rule(false, parsed));
  }

  /** Categories joined by spaces, then characters after an equals sign. */
  private static BitSet set(String description) {
    BitSet set = new BitSet();
    int characters = description.indexOf('=');
    String names = characters < 0 ? description : description.substring(0, characters);
    if (characters >= 0) {
      description.substring(characters + 1).chars().forEach(set::set);
    }
    for (String name : names.split(" ")) {
      switch (name) {
        case "":
          break;
        case ANY:
          set.set(0, Character.MAX_CODE_POINT + 1);
          set.clear('\n');
          break;
        case NOT_ASCII_LETTER:
          set.set(0, Character.MAX_CODE_POINT + 1);
          ASCII_LETTERS.substring(1).chars().forEach(set::clear);
          break;
        case SPACE:
          for (int c = 0; c <= 0x3000; c++) {
            set.set(c, UnicodeClasses.isSpace(c));
          }
          break;
        case WORD:
          for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
            set.set(c, c == '_' || UnicodeClasses.isLetter(c) || UnicodeClasses.isNumber(c));
          }
          break;
        default:
          MojibakeTables.category(name).chars().forEach(set::set);
      }
    }
    return set;
  }

  /** Sets of which each matches one character, in a row. */
  private static final class Rule {
    private final boolean atStart;
    private final BitSet[] sets;

    Rule(boolean atStart, BitSet... sets) {
      this.atStart = atStart;
      this.sets = sets;
    }

    /** Whether the rule matches at {@code from}, where the first set is known to. */
    boolean matches(String text, int from) {
      if (atStart && from > 0) {
        return false;
      }
      int at = from + 1;
      for (int i = 1; i < sets.length; i++) {
        if (at >= text.length()) {
          return false;
        }
        int code = text.codePointAt(at);
        if (!sets[i].get(code)) {
          return false;
        }
        at += Character.charCount(code);
      }
      return true;
    }
  }
}
