package dev.troupe.data.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * Special tokens of a Hugging Face tokenizer: those that {@code tokenizer_config.json} or {@code
 * special_tokens_map.json} beside it name, else the usual spellings that its vocabulary has.
 */
final class SpecialTokens {
  private static final Map<String, List<String>> USUAL =
      Map.of(
          "pad_token", List.of("[PAD]", "<pad>"),
          "sep_token", List.of("[SEP]", "</s>"),
          "cls_token", List.of("[CLS]", "<s>"),
          "bos_token", List.of("<s>", "<bos>"),
          "eos_token", List.of("</s>", "<eos>"));

  private final Path folder;
  private final JsonNode config;
  private final JsonNode map;
  private final Function<String, OptionalInt> idOf;

  /**
   * @param folder where the tokenizer's files are
   * @param idOf the id of a token, if the vocabulary has it
   */
  SpecialTokens(Path folder, Function<String, OptionalInt> idOf) {
    this.folder = folder;
    this.idOf = idOf;
    config = read(folder.resolve("tokenizer_config.json"));
    map = read(folder.resolve("special_tokens_map.json"));
  }

  /**
   * The id of a special token.
   *
   * @param role {@code pad_token}, {@code sep_token} and so on
   * @throws IllegalArgumentException if the tokenizer has none
   */
  int id(String role) {
    Optional<String> named = named(role);
    for (String token : named.map(List::of).orElse(USUAL.get(role))) {
      OptionalInt id = idOf.apply(token);
      if (id.isPresent()) {
        return id.getAsInt();
      }
    }
    throw new IllegalArgumentException(
        folder
            + ": no "
            + role
            + named.map(token -> " " + token + " in the vocabulary").orElse("")
            + " (expected: one named in tokenizer_config.json)");
  }

  /** A string of {@code tokenizer_config.json}. */
  Optional<String> setting(String key) {
    return Optional.ofNullable(config.path(key).textValue());
  }

  private Optional<String> named(String role) {
    for (JsonNode file : List.of(config, map)) {
      JsonNode token = file.path(role);
      String content = token.isObject() ? token.path("content").textValue() : token.textValue();
      if (content != null) {
        return Optional.of(content);
      }
    }
    return Optional.empty();
  }

  private static JsonNode read(Path file) {
    ObjectMapper mapper = new ObjectMapper();
    if (!Files.isRegularFile(file)) {
      return mapper.createObjectNode();
    }
    try {
      return mapper.readTree(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new IllegalArgumentException(file + ": not readable as JSON: " + e.getMessage(), e);
    }
  }
}
