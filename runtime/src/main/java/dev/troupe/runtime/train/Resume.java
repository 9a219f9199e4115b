package dev.troupe.runtime.train;

import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.train.ClipTrainer;
import dev.troupe.nn.weights.SafetensorsFile;
import dev.troupe.runtime.checkpoint.Checkpoint;
import dev.troupe.runtime.checkpoint.CheckpointException;
import dev.troupe.runtime.checkpoint.CheckpointFolder;
import dev.troupe.runtime.log.RunFolder;
import dev.troupe.runtime.settings.TrainSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** Finds the checkpoint that {@code --resume} names, and puts a trainer where it stood. */
final class Resume {
  private Resume() {}

  /**
   * @return the checkpoint, or empty without {@code --resume}, or with {@code latest} before the
   *     first checkpoint
   * @throws CheckpointException if a checkpoint that was named is missing or damaged
   */
  static Optional<Checkpoint> find(TrainSettings settings, RunFolder folder) {
    Optional<String> asked = settings.checkpoints().resume();
    if (asked.isEmpty()) {
      return Optional.empty();
    }
    if (asked.get().equals("latest")) {
      return new CheckpointFolder(folder.checkpoints()).latest();
    }
    return Optional.of(Checkpoint.open(Path.of(asked.get())));
  }

  /**
   * Refuses a checkpoint of another model, data set or cut into steps.
   *
   * @throws CheckpointException with each difference
   */
  static void check(Checkpoint checkpoint, Map<String, String> facts) {
    List<String> differences = RunFacts.differences(checkpoint.state().settings(), facts);
    if (!differences.isEmpty()) {
      throw new CheckpointException(
          "%s: belongs to another run: %s. Resume with the same settings, or start a new run from its weights: --pretrained %s"
              .formatted(checkpoint.folder(), String.join("; ", differences), checkpoint.model()));
    }
  }

  /** Fills a trainer with a checkpoint's weights and optimizer state. */
  static void load(Checkpoint checkpoint, ClipTrainer trainer) {
    fill(checkpoint.model(), trainer.model().state());
    fill(checkpoint.optimizer(), trainer.optimizer().state());
    trainer.optimizer().steps(checkpoint.state().step());
    trainer.committedSteps(checkpoint.state().step());
  }

  private static void fill(Path path, Map<String, Tensor> tensors) {
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      List<String> problems = new ArrayList<>();
      tensors.forEach((name, tensor) -> fill(file, name, tensor, problems));
      if (!problems.isEmpty()) {
        throw new CheckpointException(
            "%s: is of another model: %s%s"
                .formatted(
                    path,
                    String.join("; ", problems.subList(0, Math.min(5, problems.size()))),
                    problems.size() > 5 ? " and %d more".formatted(problems.size() - 5) : ""));
      }
    }
  }

  private static void fill(
      SafetensorsFile file, String name, Tensor tensor, List<String> problems) {
    if (!file.names().contains(name)) {
      problems.add(name + " is missing");
      return;
    }
    long[] shape = file.shape(name);
    try (TensorScope scope = new TensorScope();
        NoGradGuard noGrad = new NoGradGuard()) {
      long[] expected = tensor.sizes().vec().get();
      if (!Arrays.equals(shape, expected)) {
        problems.add(
            "%s: %s (expected: %s)"
                .formatted(name, Arrays.toString(shape), Arrays.toString(expected)));
        return;
      }
      tensor.copy_(file.tensor(name));
    }
  }
}
