package dev.troupe.nn.model;

import java.util.Collection;
import java.util.Comparator;

/** Finds the word that somebody probably meant. */
final class Spelling {
  private Spelling() {}

  /** {@code " (did you mean width?)"}, or nothing when no known word is close. */
  static String suggest(String word, Collection<String> known) {
    return known.stream()
        .min(Comparator.comparingInt(candidate -> distance(word, candidate)))
        .filter(best -> distance(word, best) <= Math.max(2, word.length() / 3))
        .map(best -> " (did you mean " + best + "?)")
        .orElse("");
  }

  /** Levenshtein's distance, without regard to case. */
  static int distance(String left, String right) {
    String a = left.toLowerCase();
    String b = right.toLowerCase();
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
