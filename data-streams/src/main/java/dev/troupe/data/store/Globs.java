package dev.troupe.data.store;

import java.util.regex.Pattern;

/** Shell patterns: {@code *} and {@code ?} stop at slashes, {@code **} does not, {@code [a-z]}. */
public final class Globs {
  private Globs() {}

  /** Position of the first wildcard, or -1. */
  public static int firstWildcard(String pattern) {
    for (int i = 0; i < pattern.length(); i++) {
      if ("*?[".indexOf(pattern.charAt(i)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  public static Pattern pattern(String glob) {
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < glob.length(); i++) {
      char c = glob.charAt(i);
      int close = c == '[' ? glob.indexOf(']', i + 2) : -1;
      if (c == '*' && glob.startsWith("**", i)) {
        regex.append(".*");
        i++;
      } else if (c == '*') {
        regex.append("[^/]*");
      } else if (c == '?') {
        regex.append("[^/]");
      } else if (close > 0) {
        String set = glob.substring(i + 1, close);
        regex.append(set.startsWith("!") ? "[^" + quote(set.substring(1)) : "[" + quote(set));
        regex.append(']');
        i = close;
      } else {
        regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.compile(regex.toString());
  }

  private static String quote(String set) {
    return set.replace("\\", "\\\\").replace("[", "\\[").replace("&", "\\&").replace("^", "\\^");
  }
}
