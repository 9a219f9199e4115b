package dev.troupe.nn.model.tower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.troupe.nn.core.Allocation;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.model.ModelConfigs;
import dev.troupe.nn.model.Towers;
import dev.troupe.nn.model.UnsupportedModelException;
import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.torch.Torch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The towers of OpenCLIP's own configurations at full size, on a device without memory. */
class ConfiguredTowersTest {
  private static final List<String> LEFT_OUT =
      List.of(
          "swin_base_patch4_window7_224",
          "vit_medium_patch16_gap_256",
          "vit_relpos_medium_patch16_cls_224");

  @BeforeAll
  static void load() {
    Torch.load();
  }

  static Stream<String> configurations() {
    List<String> names = new ArrayList<>();
    Golden.read("configured").fieldNames().forEachRemaining(names::add);
    return names.stream();
  }

  @ParameterizedTest
  @MethodSource("configurations")
  void shouldHaveOpenClipsNamesShapesAndParameters(String name) {
    JsonNode golden = Golden.read("configured").get(name);
    ModelConfig config = ModelConfigs.load(name);
    if (LEFT_OUT.contains(name)) {
      assertThatThrownBy(() -> Towers.image(config))
          .isInstanceOf(UnsupportedModelException.class)
          .hasMessageContaining(name);
      return;
    }
    if (golden.has("image")) {
      check(config, Towers::image, golden.get("image"));
    }
    if (golden.has("text")) {
      check(config, Towers::text, golden.get("text"));
    }
  }

  private static void check(
      ModelConfig config, Function<ModelConfig, ? extends Layer> build, JsonNode golden) {
    try (TensorScope scope = new TensorScope();
        Layer tower = Allocation.on("meta", () -> build.apply(config))) {
      long parameters = tower.parameters().values().stream().mapToLong(Tensor::numel).sum();
      assertThat(parameters).isEqualTo(golden.get(0).asLong());
      CRC32 names = new CRC32();
      new TreeMap<>(tower.state())
          .forEach(
              (name, tensor) -> {
                String line = name + " " + Arrays.toString(Golden.shape(tensor)) + "\n";
                names.update(line.getBytes(StandardCharsets.UTF_8));
              });
      assertThat(names.getValue()).isEqualTo(golden.get(1).asLong());
    }
  }
}
