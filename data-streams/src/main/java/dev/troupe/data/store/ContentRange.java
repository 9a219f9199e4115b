package dev.troupe.data.store;

import dev.troupe.data.store.StoreException.Kind;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The header {@code Content-Range: bytes START-END/SIZE}. */
record ContentRange(long start, long size) {
  private static final Pattern FORM = Pattern.compile("bytes (\\d+)-\\d+/(\\d+|\\*)");

  static ContentRange parse(String header, String url) throws StoreException {
    Matcher matcher = FORM.matcher(header == null ? "" : header.trim());
    if (!matcher.matches()) {
      throw new StoreException(
          Kind.RETRY, url + ": answered a range with Content-Range: " + header, null);
    }
    String size = matcher.group(2);
    return new ContentRange(
        Long.parseLong(matcher.group(1)), size.equals("*") ? -1 : Long.parseLong(size));
  }
}
