package dev.troupe.nn.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.nn.model.tower.FirstWeights;
import dev.troupe.nn.torch.Torch;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** First weights against OpenCLIP's: each tensor's moments over five seeds. */
class ModelInitialisationTest {
  @BeforeAll
  static void load() {
    Torch.load();
  }

  static Stream<String> models() {
    return ModelGoldenTest.models();
  }

  @ParameterizedTest
  @MethodSource("models")
  void shouldDrawFromTheSameDistributions(String name) {
    ModelConfig config = ModelConfig.of(name, ModelGoldenTest.config(name));
    FirstWeights.check(
        () -> ClipModels.create(config), ModelGoldenTest.golden("initial").get(name));
  }

  @Test
  void shouldStartTheTemperatureWhereTheConfigurationSays() {
    ModelConfig config =
        ModelConfig.of("siglip", ModelGoldenTest.config("vit"))
            .with(ModelOverrides.NONE.forSigLip());
    try (ClipModel model = ClipModels.create(config)) {
      model.initialize();
      assertThat(model.logitScale().item_float()).isEqualTo((float) Math.log(10));
      assertThat(model.logitBias().item_float()).isEqualTo(-10f);
    }
  }
}
