package dev.troupe.nn.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TorchFileTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"state.pt", "state-protocol4.pt"})
  void shouldReadWhatPyTorchSaves(String name) {
    try (PointerScope scope = new PointerScope();
        WeightsFile file = WeightsFiles.open(Goldens.path(name));
        SafetensorsFile expected = SafetensorsFile.open(Goldens.path("state.safetensors"))) {
      assertThat(file).isInstanceOf(TorchFile.class);
      assertThat(file.names()).containsExactlyInAnyOrderElementsOf(expected.names());
      Goldens.assertSame(file, "", expected);
    }
  }

  @Test
  void shouldFindTheStateOfATrainingCheckpoint() {
    try (PointerScope scope = new PointerScope();
        WeightsFile file = WeightsFiles.open(Goldens.path("training.pt"));
        SafetensorsFile expected = SafetensorsFile.open(Goldens.path("state.safetensors"))) {
      Goldens.assertSame(file, "module.", expected);
      assertThat(file.metadata()).containsOnly(Map.entry("epoch", "3"), Map.entry("name", "run"));
    }
  }

  @Test
  void shouldReadTorchScriptWithoutItsCode() {
    try (PointerScope scope = new PointerScope();
        WeightsFile file = WeightsFiles.open(Goldens.path("script.pt"));
        SafetensorsFile expected = SafetensorsFile.open(Goldens.path("script.safetensors"))) {
      assertThat(file.names()).containsExactlyInAnyOrderElementsOf(expected.names());
      Goldens.assertSame(file, "", expected);
    }
  }

  @Test
  void shouldRefuseCodeByItsName() {
    assertThatThrownBy(() -> WeightsFiles.open(Goldens.path("code.pt")))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("code.pt: data.pkl: invalid pickle: it calls for posix.system");
    assertThatThrownBy(() -> WeightsFiles.open(Goldens.path("namespace.pt")))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("argparse.Namespace");
  }

  @Test
  void shouldNameTheRemedyForTheOldFormat() {
    assertThatThrownBy(() -> WeightsFiles.open(Goldens.path("legacy.pt")))
        .isInstanceOf(WeightsException.class)
        .hasMessageContaining("before 1.6")
        .hasMessageContaining("torch.save(torch.load(FILE, weights_only=True), NEW_FILE)");
  }

  @Test
  void shouldKeepATensorAfterTheFileWasClosed() {
    try (PointerScope scope = new PointerScope()) {
      Tensor matrix;
      try (WeightsFile file = WeightsFiles.open(Goldens.path("state.pt"))) {
        matrix = file.tensor("matrix");
      }
      assertThat(matrix.sum().item_double()).isEqualTo(23 * 12);
    }
  }

  @Test
  void shouldReadBackItsOwnCheckpoints() {
    Path path = folder.resolve("own.pt");
    try (PointerScope scope = new PointerScope()) {
      Map<String, Object> state = new LinkedHashMap<>();
      state.put("turned", torch.arange(new Scalar(6.0)).view(2, 3).t());
      state.put("half", torch.ones(3).to(torch.ScalarType.Half));
      state.put("scalar", torch.full(new long[0], new Scalar(2.5)));
      state.put("empty", torch.empty(new long[] {0, 3}, new TensorOptions(), null));
      state.put("ünï", torch.ones(2));
      Map<String, Object> checkpoint = new LinkedHashMap<>();
      checkpoint.put("epoch", 1L << 40);
      checkpoint.put("lr", 1e-3);
      checkpoint.put("list", Arrays.asList(1, null, true, List.of("x")));
      checkpoint.put("state_dict", state);
      Written written = TorchCheckpoint.write(path, checkpoint);
      assertThat(written.path()).hasSize(written.bytes());
      try (WeightsFile file = WeightsFiles.open(path)) {
        assertThat(file.metadata()).containsEntry("epoch", Long.toString(1L << 40));
        assertThat(file.names()).containsExactlyElementsOf(state.keySet());
        state.forEach(
            (name, tensor) -> Goldens.assertSameBits(name, file.tensor(name), (Tensor) tensor));
      }
    }
  }

  @Test
  void shouldRefuseWhatAPickleCantHold() {
    assertThatThrownBy(
            () -> TorchCheckpoint.write(folder.resolve("x.pt"), Map.of("x", new Object())))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(folder).isEmptyDirectory();
  }
}
