package dev.troupe.data.shard;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Brace expansion as in a shell: {@code {a,b}}, {@code {000..123}}, {@code {0..10..2}}, {@code
 * {a..e}}, nested and repeated; a backslash takes the next character as it is. Braces that are
 * neither a list nor a range stay.
 */
final class Braces {
  private static final Pattern NUMBERS =
      Pattern.compile("(-?\\d+)\\.\\.(-?\\d+)(?:\\.\\.(-?\\d+))?");
  private static final Pattern LETTERS =
      Pattern.compile("([a-zA-Z])\\.\\.([a-zA-Z])(?:\\.\\.(-?\\d+))?");

  private Braces() {}

  static List<String> expand(String pattern) {
    List<String> result = List.of("");
    StringBuilder literal = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c == '\\' && i + 1 < pattern.length()) {
        literal.append(pattern.charAt(++i));
        continue;
      }
      int close = c == '{' ? closing(pattern, i) : -1;
      List<String> choices = close < 0 ? null : choices(pattern.substring(i + 1, close));
      if (choices == null) {
        literal.append(c);
        continue;
      }
      result = product(result, literal.toString(), choices);
      literal.setLength(0);
      i = close;
    }
    return product(result, literal.toString(), List.of(""));
  }

  private static List<String> product(List<String> heads, String literal, List<String> tails) {
    List<String> all = new ArrayList<>(heads.size() * tails.size());
    for (String head : heads) {
      for (String tail : tails) {
        all.add(head + literal + tail);
      }
    }
    return all;
  }

  private static int closing(String pattern, int open) {
    int depth = 0;
    for (int i = open; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == '{') {
        depth++;
      } else if (c == '}' && --depth == 0) {
        return i;
      }
    }
    return -1;
  }

  /** What stands for {@code {body}}, or null if it is no brace expression. */
  private static List<String> choices(String body) {
    List<String> parts = split(body);
    if (parts.size() > 1) {
      List<String> all = new ArrayList<>();
      parts.forEach(part -> all.addAll(expand(part)));
      return all;
    }
    Matcher numbers = NUMBERS.matcher(body);
    if (numbers.matches()) {
      return numbers(numbers.group(1), numbers.group(2), step(numbers.group(3)));
    }
    Matcher letters = LETTERS.matcher(body);
    if (letters.matches()) {
      List<String> all = new ArrayList<>();
      range(letters.group(1).charAt(0), letters.group(2).charAt(0), step(letters.group(3)))
          .forEach(c -> all.add(String.valueOf((char) (long) c)));
      return all;
    }
    List<String> inner = expand(body);
    if (inner.size() == 1 && inner.get(0).equals(body)) {
      return null;
    }
    // Braces around an expression inside: only the inner one counts.
    return inner.stream().map(s -> "{" + s + "}").toList();
  }

  private static List<String> split(String body) {
    List<String> parts = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i < body.length(); i++) {
      char c = body.charAt(i);
      if (c == '\\') {
        i++;
      } else if (c == '{') {
        depth++;
      } else if (c == '}') {
        depth--;
      } else if (c == ',' && depth == 0) {
        parts.add(body.substring(start, i));
        start = i + 1;
      }
    }
    parts.add(body.substring(start));
    return parts;
  }

  private static long step(String group) {
    long step = group == null ? 1 : Math.abs(Long.parseLong(group));
    return step == 0 ? 1 : step;
  }

  /** Numbers keep the width of the wider end if either starts with a zero. */
  private static List<String> numbers(String from, String to, long step) {
    boolean padded = from.matches("-?0\\d+") || to.matches("-?0\\d+");
    int width = padded ? Math.max(from.length(), to.length()) : 1;
    List<String> all = new ArrayList<>();
    for (long n : range(Long.parseLong(from), Long.parseLong(to), step)) {
      String digits = Long.toString(Math.abs(n));
      int zeros = width - digits.length() - (n < 0 ? 1 : 0);
      all.add((n < 0 ? "-" : "") + "0".repeat(Math.max(0, zeros)) + digits);
    }
    return all;
  }

  private static List<Long> range(long from, long to, long step) {
    List<Long> all = new ArrayList<>();
    for (long n = from; from <= to ? n <= to : n >= to; n += from <= to ? step : -step) {
      all.add(n);
    }
    return all;
  }
}
