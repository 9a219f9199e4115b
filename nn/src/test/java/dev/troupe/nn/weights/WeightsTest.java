package dev.troupe.nn.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ClipModels;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.model.ModelConfigs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightsTest {
  private static final String CONFIG =
      """
      {"embed_dim": 8,
       "vision_cfg": {"image_size": 12, "patch_size": 4, "layers": 2, "width": 8, "head_width": 4},
       "text_cfg": {"context_length": 5, "vocab_size": 20, "width": 8, "heads": 2, "layers": 2}}
      """;

  @TempDir Path folder;
  private PointerScope scope;
  private NoGradGuard guard;
  private ClipModel source;

  @BeforeEach
  void makeModel() {
    scope = new PointerScope();
    guard = new NoGradGuard();
    source = ClipModels.create(config(UnaryOperator.identity()));
    source.initialize();
  }

  @AfterEach
  void freeModel() {
    source.close();
    guard.close();
    scope.close();
  }

  @ParameterizedTest
  @CsvSource({
    "'', ''",
    "module., ''",
    "module._orig_mod., ''",
    "model., ''",
    "'', _fsdp_wrapped_module.",
    "_orig_mod., _checkpoint_wrapped_module."
  })
  void shouldLoadUnderAnyWrapper(String prefix, String inner) {
    Path path =
        write(
            "wrapped.safetensors",
            name -> prefix + name.replaceFirst("resblocks\\.(\\d+)\\.", "resblocks.$1." + inner));
    try (ClipModel model = ClipModels.create(source.config())) {
      LoadReport report = Weights.load(path, model, LoadOptions.RESUME);
      assertThat(report.loaded()).isEqualTo(source.state().size());
      assertEqualStates(model, source);
    }
  }

  @Test
  void shouldMoveTextNamesBetweenRootAndPrefix() {
    ModelConfig custom = config(json -> json.put("custom_text", true));
    Path root = write("root.safetensors", UnaryOperator.identity());
    try (ClipModel prefixed = ClipModels.create(custom);
        ClipModel back = ClipModels.create(source.config())) {
      Weights.load(root, prefixed, LoadOptions.PRETRAINED);
      Path path = folder.resolve("prefixed.safetensors");
      Safetensors.write(path, prefixed.state(), Map.of());
      Weights.load(path, back, LoadOptions.PRETRAINED);
      assertEqualStates(back, source);
    }
  }

  @Test
  void shouldSetAMissingLogitBiasToZeroAndReshapeTheScale() {
    ModelConfig siglip =
        config(json -> json.put("init_logit_bias", -10).put("nonscalar_logit_scale", true));
    Path path = write("clip.safetensors", UnaryOperator.identity());
    try (ClipModel model = ClipModels.create(siglip)) {
      model.initialize();
      LoadReport report = Weights.load(path, model, LoadOptions.PRETRAINED);
      assertThat(report.defaulted()).containsExactly("logit_bias");
      assertThat(model.logitBias().item_float()).isZero();
      assertThat(model.logitScale().item_float()).isEqualTo(source.logitScale().item_float());
    }
  }

  @Test
  void shouldResizePositionEmbeddingsAsOpenClipDoes() {
    try (SafetensorsFile golden = SafetensorsFile.open(Goldens.path("positions.safetensors"))) {
      assertClose(
          PositionEmbeddings.resizeImage(golden.tensor("image"), 6, 4),
          golden.tensor("image_resized"));
      assertClose(
          PositionEmbeddings.resizeText(golden.tensor("text"), 8), golden.tensor("text_resized"));
    }
  }

  @Test
  void shouldFitPositionsToAnotherImageSizeAndContextLength() {
    ModelConfig larger =
        config(
            json -> {
              ((ObjectNode) json.get("vision_cfg")).put("image_size", 16);
              ((ObjectNode) json.get("text_cfg")).put("context_length", 7);
              return json;
            });
    Path path = write("small.safetensors", UnaryOperator.identity());
    try (ClipModel model = ClipModels.create(larger)) {
      assertThatThrownBy(() -> Weights.load(path, model, LoadOptions.RESUME))
          .hasMessageContaining("visual.positional_embedding [10, 8] (expected: [17, 8])");
      LoadReport report = Weights.load(path, model, LoadOptions.PRETRAINED);
      assertThat(report.resized())
          .containsExactlyInAnyOrder("visual.positional_embedding", "positional_embedding");
      assertThat(report.summary()).contains("resized: ");
      Tensor classToken = model.state().get("visual.positional_embedding").select(0, 0);
      assertThat(classToken.equal(source.state().get("visual.positional_embedding").select(0, 0)))
          .isTrue();
    }
  }

  @Test
  void shouldExplainAMismatchAndLeaveTheModelAlone() {
    ModelConfig deeper =
        config(
            json -> {
              ((ObjectNode) json.get("vision_cfg")).put("layers", 4);
              ((ObjectNode) json.get("text_cfg")).put("vocab_size", 30);
              return json;
            });
    Path path =
        write("odd.safetensors", name -> name.equals("ln_final.bias") ? "ln_last.bias" : name);
    try (ClipModel model = ClipModels.create(deeper)) {
      model.initialize();
      Tensor before = model.state().get("visual.conv1.weight").clone();
      assertThatThrownBy(() -> Weights.load(path, model, LoadOptions.PRETRAINED))
          .isInstanceOf(WeightsException.class)
          .hasMessageContaining("odd.safetensors does not fit the model tiny")
          .hasMessageContaining("25 missing: ")
          .hasMessageContaining("visual.transformer.resblocks.*.ln_1.weight (2)")
          .hasMessageContaining("1 unexpected: ln_last.bias")
          .hasMessageContaining("1 misshaped: token_embedding.weight [20, 8] (expected: [30, 8])");
      assertThat(model.state().get("visual.conv1.weight").equal(before)).isTrue();

      LoadReport report = Weights.load(path, model, new LoadOptions(false, true));
      assertThat(report.missing()).hasSize(25);
      assertThat(report.unexpected()).containsExactly("ln_last.bias");
      assertThat(report.misshaped()).containsExactly("token_embedding.weight");
      assertThat(
              model
                  .state()
                  .get("visual.conv1.weight")
                  .equal(source.state().get("visual.conv1.weight")))
          .isTrue();
    }
  }

  @Test
  void shouldSuggestTheConfigurationThatFits() {
    ModelConfig real = ModelConfigs.load("tiny-vit");
    Path path = folder.resolve("tiny.pt");
    try (ClipModel model = ClipModels.create(real)) {
      model.initialize();
      Map<String, Object> state = new LinkedHashMap<>();
      model.state().forEach((name, tensor) -> state.put("module." + name, tensor));
      TorchCheckpoint.write(path, Map.of("state_dict", state));
    }
    assertThatThrownBy(() -> Weights.load(path, source, LoadOptions.PRETRAINED))
        .hasMessageContaining("the file fits --model tiny-vit");
  }

  @Test
  void shouldLoadAFolderOfShards() throws IOException {
    Map<String, Tensor> first = new LinkedHashMap<>();
    Map<String, Tensor> second = new LinkedHashMap<>();
    ObjectNode index = new ObjectMapper().createObjectNode();
    ObjectNode places = index.putObject("weight_map");
    source
        .state()
        .forEach(
            (name, tensor) -> {
              boolean inFirst = places.size() % 2 == 0;
              (inFirst ? first : second).put(name, tensor);
              places.put(name, inFirst ? "m-1.safetensors" : "m-2.safetensors");
            });
    Safetensors.write(folder.resolve("m-1.safetensors"), first, Map.of());
    Safetensors.write(folder.resolve("m-2.safetensors"), second, Map.of());
    Path indexFile = folder.resolve("model.safetensors.index.json");
    Files.writeString(indexFile, index.toString());
    try (ClipModel model = ClipModels.create(source.config())) {
      Weights.load(folder, model, LoadOptions.RESUME);
      assertEqualStates(model, source);
    }
    Files.writeString(indexFile, index.toString().replace("m-2.", "../m-2."));
    assertThatThrownBy(() -> WeightsFiles.open(folder))
        .hasMessageContaining("(expected: a file beside the index)");
  }

  @Test
  void shouldSayWhichFilesOfAFolderItCouldTake() throws IOException {
    assertThatThrownBy(() -> WeightsFiles.open(folder)).hasMessageContaining("no weights");
    Files.writeString(folder.resolve("a.pt"), "");
    Files.writeString(folder.resolve("b.pt"), "");
    assertThatThrownBy(() -> WeightsFiles.open(folder)).hasMessageContaining("[a.pt, b.pt]");
  }

  @Test
  void shouldExportWhatOpenClipLoads() throws IOException {
    List<Written> files = Export.openClip(folder.resolve("out"), "epoch_3", source.state(), 3);
    assertThat(files)
        .extracting(f -> f.path().getFileName().toString())
        .containsExactly("epoch_3.safetensors", "epoch_3.pt");
    for (Written file : files) {
      assertThat(Checksums.crc32c(file.path())).isEqualTo(file.crc32c());
      try (ClipModel model = ClipModels.create(source.config())) {
        Weights.load(file.path(), model, LoadOptions.RESUME);
        assertEqualStates(model, source);
      }
    }
  }

  @Test
  void shouldExportAHuggingFaceFolder() throws IOException {
    Path tokenizer = Files.createDirectory(folder.resolve("tokenizer"));
    Files.writeString(tokenizer.resolve("tokenizer.json"), "{}");
    Path out = folder.resolve("hf");
    Export.huggingFace(out, source.config(), PreprocessConfig.SIGLIP, source.state(), tokenizer);
    assertThat(out.resolve("tokenizer.json")).exists();
    assertThat(out.resolve("README.md")).content().contains("local-dir:hf");
    ObjectNode json =
        (ObjectNode) new ObjectMapper().readTree(out.resolve(Export.CONFIG_FILE).toFile());
    assertThat(json.get("model_cfg")).isEqualTo(source.config().json());
    assertThat(json.get("preprocess_cfg").toString())
        .isEqualTo(
            "{\"mean\":[0.5,0.5,0.5],\"std\":[0.5,0.5,0.5],"
                + "\"interpolation\":\"bicubic\",\"resize_mode\":\"squash\"}");
    try (ClipModel model =
        ClipModels.create(ModelConfigs.load(out.resolve(Export.CONFIG_FILE).toString()))) {
      Weights.load(out, model, LoadOptions.RESUME);
      assertEqualStates(model, source);
      Weights.load(out.resolve(Export.TORCH_FILE), model, LoadOptions.RESUME);
      assertEqualStates(model, source);
    }
    assertThatThrownBy(
            () ->
                Export.huggingFace(
                    out, source.config(), PreprocessConfig.OPENAI, source.state(), folder))
        .hasMessageContaining("no tokenizer in this folder");
  }

  private Path write(String file, UnaryOperator<String> rename) {
    Map<String, Tensor> renamed = new LinkedHashMap<>();
    source.state().forEach((name, tensor) -> renamed.put(rename.apply(name), tensor));
    Safetensors.write(folder.resolve(file), renamed, Map.of());
    return folder.resolve(file);
  }

  private static ModelConfig config(UnaryOperator<ObjectNode> change) {
    try {
      return ModelConfig.of("tiny", change.apply((ObjectNode) new ObjectMapper().readTree(CONFIG)));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void assertEqualStates(ClipModel actual, ClipModel expected) {
    Map<String, Tensor> state = actual.state();
    expected
        .state()
        .forEach((name, tensor) -> assertThat(state.get(name).equal(tensor)).as(name).isTrue());
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    assertThat(Safetensors.shape(actual)).isEqualTo(Safetensors.shape(expected));
    assertThat(torch.allclose(actual, expected, 1e-6, 1e-6, false)).isTrue();
  }
}
