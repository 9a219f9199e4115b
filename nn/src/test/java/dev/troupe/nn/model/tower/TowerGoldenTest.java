package dev.troupe.nn.model.tower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.model.Lockable;
import dev.troupe.nn.model.tower.text.HfTextTower;
import dev.troupe.nn.torch.Autocast;
import dev.troupe.nn.torch.RandomState;
import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.torch.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every family of towers against timm and transformers, at reduced size. */
class TowerGoldenTest {
  @BeforeAll
  static void load() {
    Torch.load();
  }

  static Stream<String> imageTowers() {
    return ReducedTowers.IMAGE.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("imageTowers")
  void shouldGiveTimmsFeaturesAndGradients(String name) {
    long size = ReducedTowers.imageSize(name);
    try (TensorScope scope = new TensorScope();
        TimmTower tower = ReducedTowers.IMAGE.get(name).get()) {
      Tensor images_BCHW = images(size);
      check(name, tower, () -> tower.forward(images_BCHW));
    }
  }

  static Stream<String> textTowers() {
    return ReducedTowers.TEXT.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("textTowers")
  void shouldGiveTransformersFeaturesAndGradients(String name) {
    try (TensorScope scope = new TensorScope();
        HfTextTower tower = ReducedTowers.TEXT.get(name).get()) {
      Tensor tokens_BL = tokens(Golden.read(name).get("tokens"));
      check(name, tower, () -> tower.forward(tokens_BL));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "roberta, mean_pooler",
    "roberta, max_pooler",
    "mt5, mean_pooler",
    "nllb, cls_pooler",
    "nllb, max_pooler"
  })
  void shouldNotSeePadding(String name, String pooler) {
    try (TensorScope scope = new TensorScope();
        HfTextTower tower = new HfTextTower(ReducedTowers.encoder(name), pooler, "linear", 12)) {
      Golden.fill(tower);
      tower.train(false);
      Tensor padded_BL = tokens(Golden.read(name).get("tokens")).narrow(0, 2, 1);
      float[] expected = Golden.values(tower.forward(padded_BL.narrow(1, 0, 4)));
      float[] actual = Golden.values(tower.forward(padded_BL));
      assertThat(actual).containsExactly(expected, within(1e-5f));
    }
  }

  static Stream<String> allTowers() {
    return Stream.concat(imageTowers(), textTowers());
  }

  @ParameterizedTest
  @MethodSource("allTowers")
  void shouldGiveTheSameFeaturesInHalfPrecisionButForRounding(String name) {
    try (TensorScope scope = new TensorScope();
        Layer tower = tower(name)) {
      Golden.fill(tower);
      tower.train(false);
      tower.state().values().forEach(TowerGoldenTest::halve);
      Tensor images_BCHW = images(name).to(torch.ScalarType.BFloat16);
      assertHalf(name, forward(name, tower, images_BCHW));
    }
  }

  @ParameterizedTest
  @MethodSource("textTowers")
  void shouldGiveTheSameFeaturesWithOnlyProductsInHalfPrecision(String name) {
    try (TensorScope scope = new TensorScope();
        Layer tower = tower(name)) {
      Golden.fill(tower);
      tower.train(false);
      Init.each(tower, Linear.class, linear -> linear.state().values().forEach(t -> halve(t)));
      assertHalf(name, forward(name, tower, null));
    }
  }

  @ParameterizedTest
  @MethodSource("allTowers")
  void shouldTrainUnderAutocast(String name) {
    try (TensorScope scope = new TensorScope();
        Layer tower = tower(name)) {
      Golden.fill(tower);
      tower.train(false);
      Tensor features_BD;
      try (Autocast autocast = Autocast.to(false, torch.ScalarType.BFloat16)) {
        features_BD = forward(name, tower, images(name));
      }
      Tensor features32_BD = features_BD.to(torch.ScalarType.Float);
      assertClose(features32_BD, Golden.read(name).get("features"), 0.1);
      features32_BD.sum().backward();
      tower
          .parameters()
          .forEach((key, tensor) -> assertThat(tensor.grad().defined()).as(key).isTrue());
    }
  }

  private static void halve(Tensor tensor) {
    if (tensor.is_floating_point()) {
      tensor.set_data(tensor.to(torch.ScalarType.BFloat16));
    }
  }

  private static void assertHalf(String name, Tensor features_BD) {
    assertThat(features_BD.scalar_type().intern()).isEqualTo(torch.ScalarType.BFloat16);
    assertClose(features_BD.to(torch.ScalarType.Float), Golden.read(name).get("features"), 0.1);
  }

  private static Layer tower(String name) {
    boolean image = ReducedTowers.IMAGE.containsKey(name);
    return (image ? ReducedTowers.IMAGE.get(name) : ReducedTowers.TEXT.get(name)).get();
  }

  private static Tensor forward(String name, Layer tower, Tensor images_BCHW) {
    return tower instanceof TimmTower image
        ? image.forward(images_BCHW)
        : ((HfTextTower) tower).forward(tokens(Golden.read(name).get("tokens")));
  }

  @ParameterizedTest
  @MethodSource("imageTowers")
  void shouldDropWhatTimmDropsFromTheSameSeed(String name) {
    try (TensorScope scope = new TensorScope();
        TimmTower tower = ReducedTowers.DROPPING.get(name).get()) {
      Golden.fill(tower);
      tower.train(true);
      Tensor images_BCHW = images(ReducedTowers.imageSize(name));
      RandomState.seed(1);
      assertClose(tower.forward(images_BCHW), Golden.read(name).get("droppedFeatures"), 1e-4);
    }
  }

  @ParameterizedTest
  @MethodSource("allTowers")
  void shouldRepeatDropoutFromTheSameSeedAndOnlyInTraining(String name) {
    boolean image = ReducedTowers.DROPPING.containsKey(name);
    try (TensorScope scope = new TensorScope();
        Layer tower =
            (image ? ReducedTowers.DROPPING.get(name) : ReducedTowers.TEXT.get(name)).get()) {
      Golden.fill(tower);
      Forward forward =
          image
              ? () -> ((TimmTower) tower).forward(images(ReducedTowers.imageSize(name)))
              : () -> ((HfTextTower) tower).forward(tokens(Golden.read(name).get("tokens")));
      tower.train(true);
      float[] first = seeded(1, forward);
      assertThat(seeded(1, forward)).isEqualTo(first);
      assertThat(seeded(2, forward)).isNotEqualTo(first);
      tower.train(false);
      assertThat(seeded(1, forward)).isEqualTo(seeded(2, forward));
    }
  }

  private static float[] seeded(long seed, Forward forward) {
    try (TensorScope scope = new TensorScope()) {
      RandomState.seed(seed);
      return Golden.values(forward.run());
    }
  }

  private static Tensor images(String name) {
    return images(ReducedTowers.imageSize(name));
  }

  private static Tensor images(long size) {
    return Tensor.create(Golden.fill("images", 3, 3, size, size), 3, 3, size, size)
        .mul(new Scalar(0.02));
  }

  private interface Forward {
    Tensor run();
  }

  private static <T extends Layer & Lockable> void check(String name, T tower, Forward forward) {
    JsonNode golden = Golden.read(name);
    assertThat(shapes(tower.state(), t -> Golden.shape(t)))
        .containsExactlyInAnyOrderEntriesOf(shapes(golden.get("tensors")));
    assertThat(List.copyOf(tower.parameters().keySet()))
        .containsExactlyElementsOf(parameters(golden.get("tensors")));
    Golden.fill(tower);
    tower.train(false);
    try (TensorScope scope = new TensorScope()) {
      Tensor features_BD = forward.run();
      assertClose(features_BD, golden.get("features"), 1e-4);
      long[] shape = Golden.shape(features_BD);
      Tensor cotangent_BD = Tensor.create(Golden.fill("cotangent", shape), shape);
      features_BD.backward(cotangent_BD, null, false, null);
      assertGradients(tower, golden.get("tensors"));
    }
    if (golden.has("trainingFeatures")) {
      tower.train(true);
      try (TensorScope scope = new TensorScope()) {
        assertClose(forward.run(), golden.get("trainingFeatures"), 1e-4);
      }
    }
    if (golden.has("unlocked")) {
      assertUnlocked(tower, golden.get("unlocked"));
    }
  }

  /** Locks all but the last groups and compares what stays trainable. */
  private static void assertUnlocked(Lockable tower, JsonNode golden) {
    tower.lock(golden.get("groups").asInt());
    List<String> names = new ArrayList<>();
    golden.get("names").forEach(name -> names.add(name.asText()));
    List<String> trainable = new ArrayList<>();
    tower
        .parameters()
        .forEach(
            (name, tensor) -> {
              if (tensor.requires_grad()) {
                trainable.add(name);
              }
            });
    assertThat(trainable).containsExactlyInAnyOrderElementsOf(names);
  }

  private static void assertClose(Tensor features_BD, JsonNode golden, double tolerance) {
    double[][] expected = Golden.rows(golden);
    float[] actual = Golden.values(features_BD);
    double largest =
        Arrays.stream(expected).flatMapToDouble(Arrays::stream).map(Math::abs).max().orElse(0);
    for (int i = 0; i < actual.length; i++) {
      int columns = expected[0].length;
      assertThat((double) actual[i])
          .as("row %d, feature %d", i / columns, i % columns)
          .isCloseTo(expected[i / columns][i % columns], within(tolerance * largest));
    }
  }

  /** Gradients that are 0 in theory (those of key biases) are compared on the scale of the rest. */
  private static void assertGradients(Layer tower, JsonNode tensors) {
    double largest = 0;
    for (JsonNode tensor : tensors) {
      largest = Math.max(largest, tensor.path("gradient").asDouble());
    }
    for (Map.Entry<String, Tensor> entry : tower.parameters().entrySet()) {
      double expected = tensors.get(entry.getKey()).get("gradient").asDouble();
      Tensor gradient = entry.getValue().grad();
      double actual = gradient.defined() ? gradient.norm().item_double() : 0;
      assertThat(actual)
          .as(entry.getKey())
          .isCloseTo(expected, within(1e-3 * expected + 1e-6 * largest));
    }
  }

  private static Tensor tokens(JsonNode rows) {
    long[] ids = new long[rows.size() * rows.get(0).size()];
    int i = 0;
    for (JsonNode row : rows) {
      for (JsonNode id : row) {
        ids[i++] = id.asLong();
      }
    }
    return Tensor.create(ids, rows.size(), rows.get(0).size());
  }

  private static Map<String, List<Long>> shapes(
      Map<String, Tensor> state, Function<Tensor, long[]> shape) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    state.forEach((name, t) -> shapes.put(name, Arrays.stream(shape.apply(t)).boxed().toList()));
    return shapes;
  }

  private static Map<String, List<Long>> shapes(JsonNode tensors) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    tensors
        .fields()
        .forEachRemaining(
            e -> {
              List<Long> shape = new ArrayList<>();
              e.getValue().get("shape").forEach(size -> shape.add(size.asLong()));
              shapes.put(e.getKey(), shape);
            });
    return shapes;
  }

  private static List<String> parameters(JsonNode tensors) {
    List<String> names = new ArrayList<>();
    tensors
        .fields()
        .forEachRemaining(
            e -> {
              if (e.getValue().has("gradient")) {
                names.add(e.getKey());
              }
            });
    return names;
  }
}
