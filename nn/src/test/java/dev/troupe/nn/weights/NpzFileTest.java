package dev.troupe.nn.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NpzFileTest {
  @ParameterizedTest
  @ValueSource(strings = {"arrays.npz", "arrays-deflated.npz"})
  void shouldReadWhatNumPySaves(String name) {
    try (PointerScope scope = new PointerScope();
        WeightsFile file = WeightsFiles.open(Goldens.path(name))) {
      assertThat(file.names())
          .containsExactlyInAnyOrder("params/img/kernel", "fortran", "scalar", "brain");
      assertThat(file.dtype("fortran")).isEqualTo(DType.F16);
      assertThat(file.shape("scalar")).isEmpty();
      assertThat(file.tensor("scalar").item_long()).isEqualTo(7);
      assertThat(file.dtype("brain")).isEqualTo(DType.BF16);
      assertThat(values(file.tensor("brain"))).containsExactly(0.5f, -2f);
      for (String matrix : new String[] {"params/img/kernel", "fortran"}) {
        assertThat(file.shape(matrix)).containsExactly(2, 3);
        assertThat(values(file.tensor(matrix))).containsExactly(0, 1, 2, 3, 4, 5);
      }
    }
  }

  @Test
  void shouldRefuseArraysOfPythonObjects() {
    assertThatThrownBy(() -> WeightsFiles.open(Goldens.path("objects.npz")))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("objects.npy: element type |O");
  }

  private static float[] values(Tensor tensor) {
    Tensor flat = tensor.contiguous().to(torch.ScalarType.Float).view(-1);
    float[] values = new float[(int) flat.numel()];
    for (int i = 0; i < values.length; i++) {
      values[i] = flat.get(i).item_float();
    }
    return values;
  }
}
