package dev.troupe.data.text;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.zip.GZIPInputStream;

/**
 * Cuts words into the tokens of CLIP's vocabulary (Sennrich et al., 2016): a word starts as its
 * UTF-8 bytes, the last one marked as the word's end, and neighbours are merged in the order in
 * which the merges were learnt.
 *
 * <p>Ids: 256 bytes, 256 bytes that end a word, 48,894 merges. Thread-safe; words that come again
 * are remembered, up to a fixed number.
 */
final class BytePairEncoding {
  private static final int MERGES = 48_894;
  private static final int CACHE_SIZE = 1 << 16;
  private static final int LONGEST_CACHED = 48;

  /** Index of each byte's symbol: the printable ones first, as in GPT-2. */
  private static final int[] BYTE_SYMBOLS = byteSymbols();

  private final PairTable merges = new PairTable(MERGES);
  private final AtomicReferenceArray<Word> cache = new AtomicReferenceArray<>(CACHE_SIZE);

  /**
   * @param vocabulary the gzipped merges, a pair a line after a line of comment
   */
  BytePairEncoding(InputStream vocabulary) {
    Map<String, Integer> symbols = new HashMap<>();
    for (int b = 0; b < 256; b++) {
      String character = byteCharacter(b);
      symbols.put(character, BYTE_SYMBOLS[b]);
      symbols.put(character + "</w>", 256 + BYTE_SYMBOLS[b]);
    }
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(new GZIPInputStream(vocabulary), StandardCharsets.UTF_8))) {
      reader.readLine();
      for (int i = 0; i < MERGES; i++) {
        String line = reader.readLine();
        String[] pair = line == null ? new String[0] : line.split(" ");
        if (pair.length != 2) {
          throw new IOException("merge " + i + ": " + line + " (expected: two symbols)");
        }
        merges.put(symbols.get(pair[0]), symbols.get(pair[1]), i);
        symbols.put(pair[0] + pair[1], 512 + i);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Number of tokens. */
  int size() {
    return 512 + MERGES;
  }

  /** The ids of a word's tokens; not to be changed. */
  int[] encode(String word) {
    if (word.length() > LONGEST_CACHED) {
      return merge(word);
    }
    int slot = word.hashCode();
    slot = (slot ^ slot >>> 16) & CACHE_SIZE - 1;
    Word known = cache.get(slot);
    if (known == null || !known.text.equals(word)) {
      known = new Word(word, merge(word));
      cache.set(slot, known);
    }
    return known.ids;
  }

  /**
   * The pair with the earliest merge is merged wherever it occurs, from left to right, until no
   * pair of neighbours has one.
   */
  private int[] merge(String word) {
    byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
    int length = bytes.length;
    int[] symbols = new int[length];
    for (int i = 0; i < length; i++) {
      symbols[i] = BYTE_SYMBOLS[bytes[i] & 0xff];
    }
    symbols[length - 1] += 256;
    // ranks[i]: the merge of symbols i and i + 1.
    int[] ranks = new int[length];
    Arrays.fill(ranks, PairTable.NONE);
    for (int i = 0; i + 1 < length; i++) {
      ranks[i] = merges.get(symbols[i], symbols[i + 1]);
    }
    while (length > 1) {
      int best = PairTable.NONE;
      for (int i = 0; i + 1 < length; i++) {
        best = Math.min(best, ranks[i]);
      }
      if (best == PairTable.NONE) {
        break;
      }
      length = mergeAll(best, symbols, ranks, length);
    }
    return Arrays.copyOf(symbols, length);
  }

  /** Merges every pair of one rank in place and returns how many symbols are left. */
  private int mergeAll(int rank, int[] symbols, int[] ranks, int length) {
    int to = 0;
    boolean mergedBefore = false;
    for (int from = 0; from < length; to++) {
      boolean merged = from + 1 < length && ranks[from] == rank;
      int rankWithNext = ranks[merged ? from + 1 : from];
      symbols[to] = merged ? 512 + rank : symbols[from];
      if (to > 0 && (merged || mergedBefore)) {
        ranks[to - 1] = merges.get(symbols[to - 1], symbols[to]);
      }
      ranks[to] = rankWithNext;
      from += merged ? 2 : 1;
      mergedBefore = merged;
    }
    ranks[to - 1] = PairTable.NONE;
    return to;
  }

  private static int[] byteSymbols() {
    int[] symbols = new int[256];
    int next = 0;
    for (int pass = 0; pass < 2; pass++) {
      for (int b = 0; b < 256; b++) {
        if (isPrintable(b) == (pass == 0)) {
          symbols[b] = next++;
        }
      }
    }
    return symbols;
  }

  /** The character that stands for a byte in the vocabulary file. */
  private static String byteCharacter(int b) {
    int unprintable = BYTE_SYMBOLS[b] - 188;
    return String.valueOf((char) (isPrintable(b) ? b : 256 + unprintable));
  }

  private static boolean isPrintable(int b) {
    return (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
  }

  private static final class Word {
    final String text;
    final int[] ids;

    Word(String text, int[] ids) {
      this.text = text;
      this.ids = ids;
    }
  }
}
