package dev.troupe.runtime.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.troupe.data.store.StoreSpec;
import dev.troupe.data.store.WebServer;
import dev.troupe.nn.weights.Export;
import dev.troupe.nn.weights.PreprocessConfig;
import dev.troupe.nn.weights.WeightsException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What --pretrained and --model may name, with a server in the hub's place. */
@Timeout(60)
class PretrainedTest {
  private static final String CONFIG =
      """
      {"model_cfg": {"embed_dim": 8, "quick_gelu": true,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
        "text_cfg": {"hf_tokenizer_name": "org/words", "layers": 1}},
       "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
        "resize_mode": "squash"}}
      """;

  @TempDir Path folder;
  private final Map<String, byte[]> files = new ConcurrentHashMap<>();
  private final Map<String, String> environment = new HashMap<>();
  private WebServer hub;

  @BeforeEach
  void serve() throws IOException {
    hub = new WebServer(files::get, true);
    environment.put("HF_ENDPOINT", "http://127.0.0.1:" + hub.port() + "/");
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private Pretrained pretrained() {
    return new Pretrained(
        folder.resolve("weights"),
        StoreSpec.defaults(),
        folder.resolve("pretrained.json"),
        List.of(folder.resolve("huggingface")),
        folder.resolve("clip"),
        environment);
  }

  private Path resolve(String name) {
    return pretrained().resolve(name, "ViT-B-32").path();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void shouldTakeFilesFoldersAndNamesOfTheRegistry() throws IOException {
    Path file = Files.write(folder.resolve("w.pt"), bytes("w"));
    assertThat(resolve(file.toString())).isEqualTo(file);
    assertThat(resolve(folder.toString())).isEqualTo(folder);
    assertThat(resolve("local-dir:" + folder)).isEqualTo(folder);
    files.put("/team/birds.pt", bytes("birds"));
    Files.writeString(
        folder.resolve("pretrained.json"),
        """
        {"here": "w.pt", "lost": "lost.pt", "odd": 3,
         "far": "http://127.0.0.1:%d/team/birds.pt"}
        """
            .formatted(hub.port()));
    assertThat(resolve("here")).isEqualTo(file);
    assertThat(resolve("far")).hasBinaryContent(bytes("birds"));
    assertThatThrownBy(() -> resolve("lost")).hasMessageContaining("lost.pt: no such file");
    assertThatThrownBy(() -> resolve("odd")).hasMessageContaining("odd: 3 (expected: a path");
    assertThatThrownBy(() -> resolve("laion2b"))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("pretrained: laion2b (expected: a file, a folder")
        .hasMessageContaining("one of the local names here, lost, odd, far")
        .hasMessageContaining("one of the tags of ViT-B-32: openai, ")
        .hasMessageContaining("laion2b_s34b_b79k");
    Files.writeString(folder.resolve("pretrained.json"), "[]");
    assertThatThrownBy(() -> resolve("here")).hasMessageContaining("not a JSON object");
  }

  @Test
  void shouldFindATagInItsRepository() throws IOException {
    String home = "/laion/CLIP-ViT-B-32-laion2B-s34B-b79K/resolve/main/";
    assertThatThrownBy(() -> resolve("laion2b_s34b_b79k"))
        .isInstanceOf(WeightsException.class)
        .hasMessageStartingWith("hf-hub:laion/CLIP-ViT-B-32-laion2B-s34B-b79K: none of")
        .hasMessageContaining("fetch http://127.0.0.1:" + hub.port() + home)
        .hasMessageContaining("or put it at " + folder.resolve("weights"));

    files.put(home + Export.TORCH_FILE, bytes("older"));
    assertThat(resolve("laion2b_s34b_b79k")).hasBinaryContent(bytes("older"));
    ResolvedWeights weights = pretrained().resolve("LAION2B-s34b-b79k", "ViT-B-32");
    assertThat(weights.path()).hasFileName(Export.TORCH_FILE);
    assertThat(weights.preprocess()).contains(PreprocessConfig.OPENAI);
    assertThat(weights.quickGelu()).contains(false);

    hub.close(); // from now on there is no network
    assertThat(resolve("laion2b_s34b_b79k")).hasBinaryContent(bytes("older"));
  }

  @Test
  void shouldTakeWhatHuggingFacesProgramsFetched() throws IOException {
    Path home = folder.resolve("huggingface/models--org--birds");
    Files.createDirectories(home.resolve("refs"));
    Files.writeString(home.resolve("refs/main"), "0a1b2c\n");
    Path file = home.resolve("snapshots/0a1b2c/" + Export.SAFETENSORS_FILE);
    Files.createDirectories(file.getParent());
    Files.write(file, bytes("cached"));
    environment.put("HF_HUB_OFFLINE", "1");
    assertThat(resolve("hf-hub:org/birds")).isEqualTo(file);
    assertThatThrownBy(() -> resolve("hf-hub:org/fish"))
        .hasMessageContaining("is on this machine, and HF_HUB_OFFLINE is set; fetch http://");
    assertThat(hub.requests()).isEmpty();
  }

  @Test
  void shouldFetchARevisionAndRefuseWhatIsNoRepository() {
    files.put("/org/birds/resolve/v1/" + Export.SAFETENSORS_FILE, bytes("v1"));
    files.put("/org/birds/resolve/v1/" + Export.CONFIG_FILE, bytes(CONFIG));
    files.put("/org/birds/resolve/main/" + Export.SAFETENSORS_FILE, bytes("main"));
    ResolvedWeights first = pretrained().resolve("hf-hub:org/birds@v1", "mine");
    assertThat(first.path()).hasBinaryContent(bytes("v1"));
    assertThat(first.preprocess()).contains(PreprocessConfig.SIGLIP);
    assertThat(resolve("hf-hub:org/birds")).hasBinaryContent(bytes("main"));
    for (String wrong : List.of("hf-hub:birds", "hf-hub:org/birds@", "hf-hub:org/birds@../x")) {
      assertThatThrownBy(() -> resolve(wrong))
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("(expected: hf-hub:ORG/NAME");
    }
  }

  @Test
  void shouldFindAModelWithAllThatBelongsToIt() throws IOException {
    String home = "/org/birds/resolve/main/";
    assertThatThrownBy(() -> pretrained().model("hf-hub:org/birds"))
        .hasMessageContaining("hf-hub:org/birds: no open_clip_config.json is there");
    files.put(home + Export.CONFIG_FILE, bytes(CONFIG));
    files.put(home + Export.SAFETENSORS_FILE, bytes("weights"));
    files.put(home + "tokenizer.json", bytes("{}"));
    files.put(home + "tokenizer_config.json", bytes("{}"));
    ModelFolder model = pretrained().model("hf-hub:org/birds");
    assertThat(model.config().name()).isEqualTo("birds");
    assertThat(model.config().embedDim()).isEqualTo(8);
    assertThat(model.weights().path()).hasBinaryContent(bytes("weights"));
    assertThat(model.weights().preprocess()).contains(PreprocessConfig.SIGLIP);
    assertThat(model.weights().quickGelu()).contains(true);
    Path tokenizer = model.tokenizer().orElseThrow();
    assertThat(tokenizer.resolveSibling("tokenizer_config.json")).exists();

    ModelFolder local = pretrained().model("local-dir:" + tokenizer.getParent());
    assertThat(local.config().json()).isEqualTo(model.config().json());
    assertThat(local.tokenizer()).contains(tokenizer);
    assertThatThrownBy(() -> pretrained().model("local-dir:" + folder.resolve("none")))
        .hasMessageContaining("no such folder");
    assertThatThrownBy(() -> pretrained().model("local-dir:" + folder))
        .hasMessageContaining("no open_clip_config.json in it");
  }
}
