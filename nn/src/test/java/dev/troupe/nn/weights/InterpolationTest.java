package dev.troupe.nn.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.torch.Torch;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InterpolationTest {
  @TempDir Path folder;

  @BeforeAll
  static void loadLibraries() {
    Torch.load();
  }

  private Path file(String name, float... values) {
    try (TensorScope scope = new TensorScope()) {
      Map<String, Tensor> tensors =
          Map.of("weight", torch.tensor(values), "count", torch.tensor(new long[] {values.length}));
      return Safetensors.write(folder.resolve(name), tensors, Map.of()).path();
    }
  }

  private double[] mixed(Path from, Path to, double alpha) {
    Path out = folder.resolve("mixed-" + alpha + ".safetensors");
    Interpolation.write(from, to, alpha, out);
    try (TensorScope scope = new TensorScope();
        SafetensorsFile file = SafetensorsFile.open(out)) {
      Tensor weight = file.tensor("weight");
      assertThat(file.tensor("count").item_long()).isEqualTo(2);
      return new double[] {weight.get(0).item_double(), weight.get(1).item_double()};
    }
  }

  @Test
  void shouldMixWeightsAndKeepTheEndsExact() {
    Path a = file("a.safetensors", 0.1f, 2);
    Path b = file("b.safetensors", 0.7f, 6);
    assertThat(mixed(a, b, 0)).containsExactly(0.1f, 2);
    assertThat(mixed(a, b, 1)).containsExactly(0.7f, 6);
    assertThat(mixed(a, b, 0.25)[1]).isEqualTo(3);
  }

  @Test
  void shouldNameWhatDiffers() {
    Path a = file("a.safetensors", 1, 2);
    Path c = file("c.safetensors", 1, 2, 3);
    assertThatThrownBy(() -> mixed(a, c, 0.5))
        .isInstanceOf(WeightsException.class)
        .hasMessage("weight: [2] in %s, [3] in %s (expected: weights of one model)", a, c);
  }
}
