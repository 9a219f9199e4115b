package dev.troupe.nn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.model.tower.Golden;
import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.torch.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole models at reduced size against OpenCLIP: names, features, gradients. */
class ModelGoldenTest {
  @BeforeAll
  static void load() {
    Torch.load();
  }

  static Stream<String> models() {
    return Stream.of(
        "vit",
        "vit-quickgelu",
        "vit-scaled",
        "clipa",
        "mobile-text",
        "siglip-text",
        "first-text",
        "rn",
        "coca");
  }

  @ParameterizedTest
  @MethodSource("models")
  void shouldHaveOpenClipsNamesFeaturesAndGradients(String name) {
    JsonNode golden = golden(name);
    try (TensorScope scope = new TensorScope();
        ClipModel model = model(golden)) {
      assertThat(shapes(model)).isEqualTo(shapes(golden.get("tensors")));
      Tensor images = images(model);
      Tensor tokens = tokens(golden);
      assertClose("image", model.encodeImage(images), golden.get("imageFeatures"));
      assertClose("text", model.encodeText(tokens), golden.get("textFeatures"));
      backward(model, images, tokens, golden);
      assertGradients(model, golden.get("tensors"));
    }
  }

  private static void backward(ClipModel model, Tensor images, Tensor tokens, JsonNode golden) {
    if (model instanceof CoCaModel) {
      CoCaModel.Output output = ((CoCaModel) model).forward(images, tokens);
      assertClose("image", output.imageFeatures(), golden.get("imageFeatures"));
      assertClose("text", output.textFeatures(), golden.get("textFeatures"));
      assertClose("logits", output.captionLogits().sum(-1L), golden.get("logitsSum"));
      Tensor first = output.captionLogits().narrow(2, 0, 4).reshape(3, -1);
      assertClose("first logits", first, golden.get("logitsFirst"));
      weighted(output.captionLogits(), "cotangent.logits")
          .add(weighted(output.imageFeatures(), "cotangent.image"))
          .add(weighted(output.textFeatures(), "cotangent.text"))
          .backward();
    } else {
      weighted(model.encodeImage(images), "cotangent.image").backward();
      weighted(model.encodeText(tokens), "cotangent.text").backward();
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void shouldRunWithBfloat16Weights(String name) {
    runInBfloat16(name, parameter -> true);
  }

  /** OpenCLIP's {@code --precision bf16} leaves norms, embeddings and tables as they are. */
  @ParameterizedTest
  @MethodSource("models")
  void shouldRunWithBfloat16MapsAndOtherWeightsInFloat32(String name) {
    runInBfloat16(
        name,
        parameter ->
            parameter.matches(
                ".*(conv\\d|downsample\\.0|attn|attnpool\\.._proj|out_proj|c_fc|c_proj)"
                    + "\\.(weight|bias|in_proj_weight|in_proj_bias|._proj_weight)"
                    + "|.*proj(ection)?(\\.weight|\\.bias)?"));
  }

  private static void runInBfloat16(String name, Predicate<String> convert) {
    JsonNode golden = golden(name);
    try (TensorScope scope = new TensorScope();
        ClipModel model = model(golden)) {
      model
          .state()
          .forEach(
              (parameter, tensor) -> {
                if (tensor.is_floating_point() && convert.test(parameter)) {
                  tensor.set_data(tensor.to(torch.ScalarType.BFloat16));
                }
              });
      Tensor images = images(model).to(torch.ScalarType.BFloat16);
      assertNear(model.encodeImage(images), golden.get("imageFeatures"));
      assertNear(model.encodeText(tokens(golden)), golden.get("textFeatures"));
    }
  }

  /** The cosine of expected and actual features, which keep two or three digits in bfloat16. */
  private static void assertNear(Tensor features, JsonNode golden) {
    assertThat(features.scalar_type().intern()).isEqualTo(torch.ScalarType.BFloat16);
    double[] expected =
        Arrays.stream(Golden.rows(golden)).flatMapToDouble(Arrays::stream).toArray();
    float[] actual = Golden.values(features.to(torch.ScalarType.Float));
    double product = 0;
    double left = 0;
    double right = 0;
    for (int i = 0; i < actual.length; i++) {
      product += actual[i] * expected[i];
      left += actual[i] * actual[i];
      right += expected[i] * expected[i];
    }
    assertThat(product / Math.sqrt(left * right)).isGreaterThan(0.999);
  }

  @ParameterizedTest
  @MethodSource("models")
  void shouldLockTowersInOpenClipsGroups(String name) {
    JsonNode golden = golden(name).get("unlocked");
    assumeThat(golden).as("OpenCLIP locks no CoCa").isNotNull();
    try (ClipModel model = model(golden(name))) {
      model.imageTower().lock(golden.get("image").asInt());
      model.textTower().lock(golden.get("text").asInt());
      List<String> expected = new ArrayList<>();
      golden.get("names").forEach(parameter -> expected.add(parameter.asText()));
      assertThat(model.parameters())
          .allSatisfy(
              (parameter, tensor) ->
                  assertThat(tensor.requires_grad())
                      .as(parameter)
                      .isEqualTo(expected.contains(parameter)));
    }
  }

  @Test
  void shouldRefuseToLockAResNetInPart() {
    try (ClipModel model = model(golden("rn"))) {
      assertThatThrownBy(() -> model.imageTower().lock(1))
          .hasMessageContaining("unlocked groups: 1")
          .hasMessageContaining("ModifiedResNet can only be locked as a whole");
    }
  }

  @Test
  void shouldUseAndTrackBatchStatisticsInTraining() {
    JsonNode golden = golden("rn");
    try (TensorScope scope = new TensorScope();
        ClipModel model = model(golden)) {
      model.train(true);
      assertClose("training", model.encodeImage(images(model)), golden.get("trainingFeatures"));
      float[] mean = Golden.values(model.state().get("visual.bn1.running_mean"));
      for (int i = 0; i < mean.length; i++) {
        assertThat((double) mean[i])
            .isCloseTo(golden.get("runningMean").get(i).asDouble(), within(1e-5));
      }
      assertThat(model.state().get("visual.bn1.num_batches_tracked").item_long()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"vit", "vit-scaled"})
  void shouldNotSeeWhatFollowsTheLongestCaption(String name) {
    JsonNode golden = golden(name);
    try (TensorScope scope = new TensorScope();
        ClipModel model = model(golden)) {
      Tensor short_BL = tokens(golden).narrow(0, 1, 2);
      int used = model.usedTokens(7, 10);
      assertThat(used).isEqualTo(7);
      float[] cut = Golden.values(model.encodeText(short_BL.narrow(1, 0, used)));
      assertThat(cut).containsExactly(Golden.values(model.encodeText(short_BL)), within(1e-5f));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"clipa", "mobile-text", "siglip-text", "coca"})
  void shouldNotCutTextsOfWhichEveryPositionCounts(String name) {
    try (ClipModel model = model(golden(name))) {
      assertThat(model.usedTokens(7, 10)).isEqualTo(10);
    }
  }

  @Test
  void shouldDropPatchesInTrainingOnly() {
    ObjectNode config = golden("vit").get("config").deepCopy();
    ((ObjectNode) config.get("vision_cfg")).put("patch_dropout", 0.5);
    try (TensorScope scope = new TensorScope();
        ClipModel model = ClipModels.create(ModelConfig.of("dropping", config))) {
      Golden.fill(model);
      Tensor images = images(model);
      model.train(false);
      assertClose("all patches", model.encodeImage(images), golden("vit").get("imageFeatures"));
      model.train(true);
      float[] one = Golden.values(model.encodeImage(images));
      float[] other = Golden.values(model.encodeImage(images));
      assertThat(one).isNotEqualTo(other);
    }
  }

  @Test
  void shouldFixSinesAndCosinesAsPositions() {
    try (TensorScope scope = new TensorScope();
        ClipModel model = ClipModels.create(ModelConfig.of("clipa", config("clipa")))) {
      Init.constant(model.parameters().get("visual.positional_embedding"), 7);
      model.initialize();
      Tensor positions = model.parameters().get("visual.positional_embedding");
      assertThat(positions.requires_grad()).isFalse();
      float[] values = Golden.values(positions);
      assertThat(Arrays.copyOf(values, 32)).containsOnly(0f);
      // Patch (row 1, column 2): sin and cos of the column, then of the row.
      int at = (1 + 4 + 2) * 32;
      assertThat(values[at]).isEqualTo((float) Math.sin(2));
      assertThat(values[at + 8]).isEqualTo((float) Math.cos(2));
      assertThat(values[at + 16]).isEqualTo((float) Math.sin(1));
      assertThat(values[at + 31]).isEqualTo((float) Math.cos(Math.pow(10000, -7 / 8.0)));
    }
  }

  static JsonNode golden(String name) {
    return Golden.read("/dev/troupe/nn/model/clip/" + name);
  }

  static ObjectNode config(String name) {
    return (ObjectNode) golden(name).get("config");
  }

  private static ClipModel model(JsonNode golden) {
    ClipModel model =
        ClipModels.create(ModelConfig.of("reduced", (ObjectNode) golden.get("config")));
    Golden.fill(model);
    model.train(false);
    return model;
  }

  private static Tensor images(ClipModel model) {
    VisionConfig vision = model.config().vision();
    long[] shape = {3, 3, vision.imageHeight(), vision.imageWidth()};
    return Tensor.create(Golden.fill("images", shape), shape).mul(new Scalar(1.5));
  }

  private static Tensor tokens(JsonNode golden) {
    JsonNode rows = golden.get("tokens");
    long[] ids = new long[rows.size() * rows.get(0).size()];
    int i = 0;
    for (JsonNode row : rows) {
      for (JsonNode id : row) {
        ids[i++] = id.asLong();
      }
    }
    return Tensor.create(ids, rows.size(), rows.get(0).size());
  }

  private static Tensor weighted(Tensor features, String name) {
    long[] shape = Golden.shape(features);
    return features.mul(Tensor.create(Golden.fill(name, shape), shape)).sum();
  }

  private static void assertClose(String what, Tensor features, JsonNode golden) {
    double[] expected =
        Arrays.stream(Golden.rows(golden)).flatMapToDouble(Arrays::stream).toArray();
    float[] actual = Golden.values(features);
    assertThat(actual).as(what).hasSameSizeAs(expected);
    double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i])
          .as("%s, value %d", what, i)
          .isCloseTo(expected[i], within(1e-5 * largest));
    }
  }

  /** Gradients that are 0 in theory (those of key biases) are compared on the scale of the rest. */
  private static void assertGradients(ClipModel model, JsonNode tensors) {
    double largest = 0;
    for (JsonNode tensor : tensors) {
      largest = Math.max(largest, tensor.path("gradient").asDouble());
    }
    for (Map.Entry<String, Tensor> entry : model.parameters().entrySet()) {
      double expected = tensors.get(entry.getKey()).get("gradient").asDouble();
      Tensor gradient = entry.getValue().grad();
      double actual = gradient.defined() ? gradient.norm().item_double() : 0;
      assertThat(actual)
          .as(entry.getKey())
          .isCloseTo(expected, within(1e-4 * expected + 1e-6 * largest));
    }
  }

  private static Map<String, String> shapes(ClipModel model) {
    Map<String, String> shapes = new TreeMap<>();
    model.state().forEach((name, t) -> shapes.put(name, Arrays.toString(Golden.shape(t))));
    return shapes;
  }

  private static Map<String, String> shapes(JsonNode tensors) {
    Map<String, String> shapes = new TreeMap<>();
    tensors
        .fields()
        .forEachRemaining(
            e -> shapes.put(e.getKey(), e.getValue().get("shape").toString().replace(",", ", ")));
    return shapes;
  }
}
