package dev.troupe.nn.model.tower;

import com.fasterxml.jackson.databind.JsonNode;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.torch.Torch;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** First weights against those of timm and transformers: each tensor's moments over five seeds. */
class TowerInitialisationTest {
  private static JsonNode golden;

  @BeforeAll
  static void load() {
    Torch.load();
    golden = Golden.read("initial");
  }

  static Stream<String> towers() {
    return Stream.concat(
        ReducedTowers.IMAGE.keySet().stream(), ReducedTowers.TEXT.keySet().stream());
  }

  @ParameterizedTest
  @MethodSource("towers")
  void shouldDrawFromTheSameDistributions(String name) {
    Supplier<? extends Layer> make =
        ReducedTowers.IMAGE.containsKey(name)
            ? ReducedTowers.IMAGE.get(name)
            : ReducedTowers.TEXT.get(name);
    FirstWeights.check(make, golden.get(name));
  }
}
