package dev.troupe.data.text;

import dev.troupe.data.sample.SampleRandom;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * CLIP's tokenizer (Radford et al., 2021), as OpenCLIP's {@code SimpleTokenizer}: 49,408 ids, start
 * 49406, end 49407, padding 0. A caption that is too long is cut so that the end still comes last,
 * or shortened by a {@link ReductionMask}.
 */
public final class ClipTokenizer implements Tokenizer {
  /** OpenCLIP's default context length. */
  public static final int DEFAULT_CONTEXT_LENGTH = 77;

  private static final String START = "<start_of_text>";
  private static final String END = "<end_of_text>";

  /** Read once per process; it knows nothing of the settings below. */
  private static final class Vocabulary {
    static final BytePairEncoding ENCODING = read();

    private static BytePairEncoding read() {
      try (InputStream stream = Tables.open("bpe_simple_vocab_16e6.txt.gz")) {
        return new BytePairEncoding(stream);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private final BytePairEncoding encoding = Vocabulary.ENCODING;
  private final int contextLength;
  private final TextCleaning cleaning;
  private final ReductionMask mask;

  /** Lower case, cut at {@code contextLength}. */
  public ClipTokenizer(int contextLength) {
    this(contextLength, TextCleaning.LOWER, ReductionMask.NONE);
  }

  public ClipTokenizer(int contextLength, TextCleaning cleaning, ReductionMask mask) {
    if (contextLength < 3) {
      throw new IllegalArgumentException(
          "context_length: " + contextLength + " (expected: >= 3: start, a token, end)");
    }
    this.contextLength = contextLength;
    this.cleaning = cleaning;
    this.mask = mask;
  }

  @Override
  public int contextLength() {
    return contextLength;
  }

  /** Number of ids; 49408. */
  public int vocabularySize() {
    return encoding.size() + 2;
  }

  /** Id of the token that starts each caption. */
  public int startId() {
    return encoding.size();
  }

  /** Id of the token that ends each caption: the highest. */
  public int endId() {
    return encoding.size() + 1;
  }

  @Override
  public int encode(String text, IntBuffer target_L, long sampleSeed) {
    int room = contextLength - 2;
    IntList ids = new IntList(Math.min(text.length() + 8, 128));
    boolean cut = mask == ReductionMask.NONE || mask == ReductionMask.SYNTAX;
    String caption = mask == ReductionMask.SYNTAX ? SyntaxMask.shorten(text, room) : text;
    // One more than there is room for tells that the caption is too long.
    tokenize(cleaning.clean(caption), ids, cut ? room + 1 : Integer.MAX_VALUE);
    int[] kept = ids.size() <= room ? ids.toArray() : shorten(ids, room, sampleSeed);
    int at = target_L.position();
    target_L.put(at, startId());
    target_L.put(at + 1, kept);
    target_L.put(at + 1 + kept.length, endId());
    for (int i = kept.length + 2; i < contextLength; i++) {
      target_L.put(at + i, 0);
    }
    return kept.length + 2;
  }

  /** All ids of a text, without start, end or limit. */
  int[] encode(String text) {
    IntList ids = new IntList(64);
    tokenize(cleaning.clean(text), ids, Integer.MAX_VALUE);
    return ids.toArray();
  }

  private int[] shorten(IntList ids, int room, long sampleSeed) {
    SampleRandom random = new SampleRandom(sampleSeed);
    int[] all = ids.toArray();
    switch (mask) {
      case SIMPLE:
        int start = random.below(all.length - room + 1);
        return Arrays.copyOfRange(all, start, start + room);
      case RANDOM:
        int[] places = draw(all.length, room, random);
        Arrays.sort(places);
        return pick(all, places);
      case SHUFFLE:
        return pick(all, draw(all.length, room, random));
      default:
        return Arrays.copyOf(all, room);
    }
  }

  /** {@code count} different indices below {@code bound}, in random order. */
  private static int[] draw(int bound, int count, SampleRandom random) {
    int[] places = new int[bound];
    for (int i = 0; i < bound; i++) {
      places[i] = i;
    }
    for (int i = 0; i < count; i++) {
      int j = i + random.below(bound - i);
      int swapped = places[i];
      places[i] = places[j];
      places[j] = swapped;
    }
    return Arrays.copyOf(places, count);
  }

  private static int[] pick(int[] all, int[] places) {
    int[] picked = new int[places.length];
    for (int i = 0; i < picked.length; i++) {
      picked[i] = all[places[i]];
    }
    return picked;
  }

  /**
   * Cuts a cleaned text as CLIP's pattern does ({@code 's|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|
   * [^\s\p{L}\p{N}]+}, case ignored) and appends the ids of its words.
   */
  private void tokenize(String text, IntList ids, int limit) {
    int at = 0;
    while (at < text.length() && ids.size() < limit) {
      int end = wordEnd(text, at);
      if (end == at) {
        at += Character.charCount(text.codePointAt(at));
        continue;
      }
      String word = text.substring(at, end);
      if (word.equals(START)) {
        ids.add(startId());
      } else if (word.equals(END)) {
        ids.add(endId());
      } else {
        ids.addAll(encoding.encode(word));
      }
      at = end;
    }
  }

  /** Where the word that starts at {@code at} ends, or {@code at} if none starts there. */
  private static int wordEnd(String text, int at) {
    char first = text.charAt(at);
    if (first == '<') {
      if (startsWith(text, at, START)) {
        return at + START.length();
      }
      if (startsWith(text, at, END)) {
        return at + END.length();
      }
    } else if (first == '\'') {
      int length = contraction(text, at + 1);
      if (length > 0) {
        return at + 1 + length;
      }
    }
    int code = text.codePointAt(at);
    int end = at + Character.charCount(code);
    if (UnicodeClasses.isLetter(code)) {
      while (end < text.length() && UnicodeClasses.isLetter(text.codePointAt(end))) {
        end += Character.charCount(text.codePointAt(end));
      }
      return end;
    }
    if (UnicodeClasses.isNumber(code)) {
      return end;
    }
    if (!UnicodeClasses.isOther(code)) {
      return at;
    }
    while (end < text.length() && UnicodeClasses.isOther(text.codePointAt(end))) {
      end += Character.charCount(text.codePointAt(end));
    }
    return end;
  }

  /** Length of what follows the apostrophe of a contraction, or 0. */
  private static int contraction(String text, int at) {
    char first = at < text.length() ? fold(text.charAt(at)) : 0;
    char second = at + 1 < text.length() ? fold(text.charAt(at + 1)) : 0;
    if (first == 's' || first == 't' || first == 'm' || first == 'd') {
      return 1;
    }
    boolean two =
        (first == 'r' && second == 'e')
            || (first == 'v' && second == 'e')
            || (first == 'l' && second == 'l');
    return two ? 2 : 0;
  }

  private static boolean startsWith(String text, int at, String token) {
    if (at + token.length() > text.length()) {
      return false;
    }
    for (int i = 0; i < token.length(); i++) {
      if (fold(text.charAt(at + i)) != token.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The character whose case is ignored: the long s counts as an s. */
  private static char fold(char c) {
    if (c == 'ſ') {
      return 's';
    }
    return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
  }
}
