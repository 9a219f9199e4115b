package dev.troupe.data.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Comparator;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import opennlp.tools.postag.POSModel;
import opennlp.tools.postag.POSTaggerME;

/**
 * Shortens a caption to its most telling words: nouns before adjectives before verbs before all
 * others, earlier ones first, in the order of the caption (OpenCLIP's {@code reduction_mask:
 * syntax}). Parts of speech come from Apache OpenNLP's English model, where OpenCLIP asks NLTK's:
 * they agree on most words, not on all. A caption whose words fit stays as it is.
 */
final class SyntaxMask {
  /** Words as in the Penn Treebank: {@code can't} is {@code ca} and {@code n't}. */
  private static final Pattern WORD =
      Pattern.compile(
          "\\w+?(?=n['’]t\\b)|n['’]t\\b|['’](?:s|re|ve|ll|d|m)\\b|\\w(?:[\\w.-]*\\w)?|[^\\s\\w]",
          Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CHARACTER_CLASS);

  private static final String MODEL = "/opennlp-en-ud-ewt-pos-1.2-2.5.0.bin";

  /** The tagger keeps state while it works. */
  private static final ThreadLocal<POSTaggerME> TAGGER =
      ThreadLocal.withInitial(() -> new POSTaggerME(Model.ENGLISH));

  private SyntaxMask() {}

  /** Read when first needed: it takes a third of a second. */
  private static final class Model {
    static final POSModel ENGLISH = read();

    private static POSModel read() {
      try (InputStream in = SyntaxMask.class.getResourceAsStream(MODEL)) {
        return new POSModel(in);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * @param most words that may stay
   */
  static String shorten(String text, int most) {
    String[] words = WORD.matcher(text).results().map(MatchResult::group).toArray(String[]::new);
    if (words.length <= most) {
      return text;
    }
    String[] tags = TAGGER.get().tag(words);
    List<Integer> byWorth =
        IntStream.range(0, words.length)
            .boxed()
            .sorted(Comparator.comparingInt(i -> rank(tags[i])))
            .toList();
    return byWorth.subList(0, most).stream()
        .sorted()
        .map(i -> words[i])
        .collect(Collectors.joining(" "));
  }

  /** Of a tag of Universal Dependencies. */
  private static int rank(String tag) {
    if (tag.equals("NOUN") || tag.equals("PROPN")) {
      return 0;
    }
    if (tag.equals("ADJ")) {
      return 1;
    }
    return tag.equals("VERB") || tag.equals("AUX") ? 2 : 3;
  }
}
