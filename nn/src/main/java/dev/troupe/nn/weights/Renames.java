package dev.troupe.nn.weights;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** An ordered list of replacements in names; every one that matches is applied. */
final class Renames {
  private record Rule(Pattern pattern, String replacement) {}

  private final List<Rule> rules = new ArrayList<>();

  /** Pairs of a regular expression and what replaces it. */
  Renames(String... pairs) {
    for (int i = 0; i < pairs.length; i += 2) {
      rules.add(new Rule(Pattern.compile(pairs[i]), pairs[i + 1]));
    }
  }

  String apply(String name) {
    for (Rule rule : rules) {
      name = rule.pattern.matcher(name).replaceAll(rule.replacement);
    }
    return name;
  }
}
