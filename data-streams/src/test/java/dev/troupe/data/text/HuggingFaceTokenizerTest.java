package dev.troupe.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URISyntaxException;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HuggingFaceTokenizerTest {
  private static final Path FOLDER = folder();

  @Test
  void shouldGiveTheIdsOfTransformersByOpenClipsRules() throws Exception {
    ObjectMapper json = new ObjectMapper();
    Map<String, Tokenizer> tokenizers = new HashMap<>();
    int rows = 0;
    for (JsonNode row : json.readTree(FOLDER.resolve("golden.json").toFile())) {
      int length = row.get(2).intValue();
      String name = row.get(0).textValue();
      Map<String, Object> options = new HashMap<>();
      row.get(1).fields().forEachRemaining(f -> options.put(f.getKey(), value(f.getValue())));
      Tokenizer tokenizer =
          tokenizers.computeIfAbsent(
              name + options + length, key -> open(name, new HashMap<>(options), length));
      assertThat(encode(tokenizer, row.get(3).textValue()))
          .as("%s %s %s", name, options, row.get(3))
          .isEqualTo(json.convertValue(row.get(4), int[].class));
      rows++;
    }
    assertThat(rows).isEqualTo(72);
  }

  @Test
  void shouldCountTokensWithoutPadding() {
    Tokenizer xlm = open("xlm", Map.of(), 77);
    assertThat(xlm.encode("", IntBuffer.allocate(77), 0)).isEqualTo(2);
    assertThat(open("xlm", Map.of(), 8).encode("a photo of the red dog", IntBuffer.allocate(8), 0))
        .isEqualTo(8);
  }

  @Test
  void shouldServeManyThreads() {
    Tokenizer siglip = open("siglip", Map.of("clean", "canonicalize"), 64);
    int[] expected = encode(siglip, "a photo of the red dog");
    IntStream.range(0, 500)
        .parallel()
        .forEach(i -> assertThat(encode(siglip, "a photo of the red dog")).isEqualTo(expected));
  }

  @Test
  void shouldBeChosenByTheModelsConfiguration(@TempDir Path cache) throws Exception {
    Path snapshot = cache.resolve("models--timm--ViT-X/snapshots/abc");
    Files.createDirectories(snapshot);
    for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
      Files.copy(FOLDER.resolve("siglip").resolve(file), snapshot.resolve(file));
    }
    TokenizerSpec spec =
        new TokenizerSpec(
            "ViT-X", 16, "timm/ViT-X", null, Map.of("clean", "canonicalize"), null, List.of(cache));
    assertThat(Tokenizers.forModel(spec)).isInstanceOf(HuggingFaceTokenizer.class);
    assertThat(Tokenizers.forModel(TokenizerSpec.clip(77))).isInstanceOf(ClipTokenizer.class);
    assertThat(Tokenizers.forModel(TokenizerSpec.clip(77).withLocation(snapshot)))
        .isInstanceOf(HuggingFaceTokenizer.class);
  }

  @Test
  void shouldPadSiglipByItsNameWhereTheConfigurationNamesNoTokenizer() {
    Path file = FOLDER.resolve("siglip");
    int[] t5 = encode(Tokenizers.forModel(siglip("my-SigLIP", file)), "Red, dog!");
    int[] gemma = encode(Tokenizers.forModel(siglip("my-SigLIP2", file)), "Red, dog!");
    assertThat(t5).endsWith(1).isEqualTo(encode(open("siglip", Map.of(), 16), "red dog"));
    assertThat(gemma).startsWith(t5[0], t5[1]).endsWith(0);
  }

  @Test
  void shouldSayWhichFilesToPutWhere(@TempDir Path cache) {
    TokenizerSpec spec =
        new TokenizerSpec("ViT-X", 16, "timm/ViT-X", null, Map.of(), null, List.of(cache));
    assertThatThrownBy(() -> Tokenizers.forModel(spec))
        .hasMessageContaining("timm/ViT-X")
        .hasMessageContaining("tokenizer.json")
        .hasMessageContaining(cache.toString())
        .hasMessageContaining("--tokenizer");
  }

  @Test
  void shouldNameWhatItRefuses(@TempDir Path folder) throws Exception {
    Path broken = Files.writeString(folder.resolve("tokenizer.json"), "{");
    assertThatThrownBy(() -> new HuggingFaceTokenizer(broken, 8, HuggingFaceOptions.defaults()))
        .hasMessageContaining(broken.toString());
    assertThatThrownBy(() -> open("xlm", Map.of("language", "xx"), 8))
        .hasMessageContaining("src_lang");
    assertThatThrownBy(() -> open("nllb", Map.of("language", "xx"), 8))
        .hasMessageContaining("language: xx");
    assertThatThrownBy(() -> open("xlm", Map.of("legacy", true), 8))
        .hasMessageContaining("tokenizer_kwargs: legacy");
  }

  private static TokenizerSpec siglip(String name, Path file) {
    return new TokenizerSpec(name, 16, "", "", Map.of(), file, List.of());
  }

  private static Tokenizer open(String name, Map<String, Object> options, int length) {
    Map<String, Object> kwargs = new HashMap<>(options);
    Object mode = kwargs.remove("mode");
    return Tokenizers.forModel(
        new TokenizerSpec(
            "model",
            length,
            "org/" + name,
            (String) mode,
            kwargs,
            FOLDER.resolve(name),
            new ArrayList<>()));
  }

  private static Object value(JsonNode node) {
    return node.isBoolean() ? (Object) node.booleanValue() : node.textValue();
  }

  private static int[] encode(Tokenizer tokenizer, String text) {
    IntBuffer target = IntBuffer.allocate(tokenizer.contextLength());
    tokenizer.encode(text, target, 0);
    return target.array();
  }

  private static Path folder() {
    try {
      return Path.of(HuggingFaceTokenizerTest.class.getResource("huggingface").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
