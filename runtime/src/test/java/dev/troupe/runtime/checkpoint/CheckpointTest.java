package dev.troupe.runtime.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.troupe.nn.torch.Torch;
import dev.troupe.nn.weights.SafetensorsFile;
import dev.troupe.runtime.checkpoint.CheckpointWriter.Snapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
  @TempDir Path folder;
  private CheckpointFolder checkpoints;
  private final List<CheckpointException> failures = new ArrayList<>();
  private final List<Long> written = new ArrayList<>();

  @BeforeAll
  static void load() {
    Torch.load();
  }

  @BeforeEach
  void setUp() {
    checkpoints = new CheckpointFolder(folder.resolve("checkpoints"));
  }

  @Test
  void shouldReadBackWhatWasWritten() {
    write(0, true, 7);
    Checkpoint latest = checkpoints.latest().orElseThrow();
    assertThat(latest.state()).isEqualTo(state(7));
    assertThat(latest.manifest().files().keySet())
        .containsExactlyInAnyOrder("model.safetensors", "optimizer.safetensors", "state.json");
    try (SafetensorsFile file = SafetensorsFile.open(latest.model());
        PointerScope scope = new PointerScope()) {
      assertThat(file.tensor("weight").sum().item_float()).isEqualTo(7 * 12f);
    }
    assertThat(written).containsExactly(7L);
  }

  @Test
  void shouldKeepTheNewestAndDeleteWhatKilledRunsLeftBehind() throws IOException {
    Path left = checkpoints.path().resolve(".unfinished-00000003-1");
    Files.createDirectories(left);
    Files.writeString(left.resolve("model.safetensors"), "half");
    write(2, true, 1, 2, 3);
    assertThat(checkpoints.newestFirst())
        .containsExactly(checkpoints.committed(3), checkpoints.committed(2));
    assertThat(left).doesNotExist();
  }

  @Test
  void shouldPassOverADamagedCheckpointAndNameTheFile() throws IOException {
    write(0, true, 1, 2);
    Path model = checkpoints.committed(2).resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(model);
    bytes[bytes.length - 1] ^= 1;
    Files.write(model, bytes);
    assertThat(checkpoints.latest().orElseThrow().state().step()).isEqualTo(1);
    assertThatThrownBy(() -> Checkpoint.open(checkpoints.committed(2)))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("model.safetensors does not have the checksum");
  }

  @Test
  void shouldPassOverATruncatedOrIncompleteCheckpoint() throws IOException {
    write(0, true, 1, 2, 3);
    Files.delete(checkpoints.committed(3).resolve("manifest.json"));
    Path optimizer = checkpoints.committed(2).resolve("optimizer.safetensors");
    Files.write(optimizer, java.util.Arrays.copyOf(Files.readAllBytes(optimizer), 20));
    assertThat(checkpoints.latest().orElseThrow().state().step()).isEqualTo(1);
    assertThatThrownBy(() -> Checkpoint.open(checkpoints.committed(2)))
        .hasMessageContaining("optimizer.safetensors has 20 bytes (expected: ");
  }

  @Test
  void shouldNotCommitForAGenerationThatIsOver() throws IOException {
    write(0, false, 5);
    assertThat(checkpoints.latest()).isEmpty();
    assertThat(written).isEmpty();
    try (Stream<Path> left = Files.list(checkpoints.path())) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void shouldLeaveAWholeCheckpointOfTheSameStepAndReplaceADamagedOne() throws IOException {
    write(0, true, 4);
    Path state = checkpoints.committed(4).resolve("state.json");
    var before = Files.getLastModifiedTime(state);
    write(0, true, 4);
    assertThat(Files.getLastModifiedTime(state)).isEqualTo(before);
    Files.writeString(state, "{}");
    write(0, true, 4);
    assertThat(Checkpoint.open(checkpoints.committed(4)).state()).isEqualTo(state(4));
  }

  @Test
  void shouldTellOfACheckpointThatCannotBeWrittenAndKeepTheOthers() throws IOException {
    write(0, true, 1);
    // A file stands where the folder of the next checkpoint would be made.
    Files.writeString(checkpoints.unfinished(2), "in the way");
    Files.setPosixFilePermissions(
        checkpoints.path(), java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
    CheckpointFolder blocked = new CheckpointFolder(checkpoints.committed(1).resolve("state.json"));
    try (CheckpointWriter writer =
        new CheckpointWriter(blocked, 0, (step, path) -> written.add(step), failures::add)) {
      writer.write(snapshot(2), () -> true);
    }
    assertThat(failures)
        .singleElement()
        .satisfies(e -> assertThat(e).hasMessageContaining("checkpoint of step 2 was not written"));
    assertThat(checkpoints.latest().orElseThrow().state().step()).isEqualTo(1);
  }

  private void write(int keep, boolean mayCommit, long... steps) {
    try (CheckpointWriter writer =
        new CheckpointWriter(checkpoints, keep, (step, path) -> written.add(step), failures::add)) {
      for (long step : steps) {
        writer.write(snapshot(step), () -> mayCommit);
      }
    }
    assertThat(failures).isEmpty();
  }

  private static Snapshot snapshot(long step) {
    return new Snapshot(
        Map.of("weight", filled(step)), Map.of("exp_avg.weight", filled(-step)), state(step));
  }

  private static Tensor filled(double value) {
    try (PointerScope scope = new PointerScope()) {
      Tensor tensor = torch.full(new long[] {3, 4}, new org.bytedeco.pytorch.Scalar((float) value));
      tensor.retainReference();
      return tensor;
    }
  }

  private static RunState state(long step) {
    return new RunState(step, 1, step * 8, 1, 3, Map.of("model", "tiny-vit"));
  }
}
