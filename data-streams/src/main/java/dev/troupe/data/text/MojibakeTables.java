package dev.troupe.data.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Characters and encodings of mojibake: {@code mojibake.json}. */
final class MojibakeTables {
  /** In the order in which they are tried. */
  static final List<SloppyEncoding> ENCODINGS = new ArrayList<>();

  private static final JsonNode ROOT = read();

  static {
    ROOT.get("encodings")
        .fields()
        .forEachRemaining(
            field ->
                ENCODINGS.add(new SloppyEncoding(field.getKey(), field.getValue().textValue())));
  }

  private MojibakeTables() {}

  /** Characters of a category, such as {@code upper_accented}. */
  static String category(String name) {
    return text("categories", name);
  }

  /** Characters that a role in UTF-8 can look like, such as {@code utf8_first_of_2}. */
  static BitSet utf8(String role) {
    BitSet set = new BitSet();
    text("utf8", role).chars().forEach(set::set);
    return set;
  }

  static SloppyEncoding encoding(String name) {
    return ENCODINGS.stream().filter(e -> e.name().equals(name)).findFirst().orElseThrow();
  }

  /** What bytes 0x80 to 0xff stand for. */
  static String upperHalf(String encoding) {
    return text("encodings", encoding);
  }

  private static String text(String part, String name) {
    JsonNode node = ROOT.get(part).get(name);
    if (node == null) {
      throw new IllegalStateException("mojibake.json: " + part + " lacks " + name);
    }
    return node.textValue();
  }

  private static JsonNode read() {
    try (InputStream stream = Tables.open("mojibake.json")) {
      return new ObjectMapper().readTree(stream);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
