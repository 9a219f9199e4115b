package dev.troupe.runtime.weights;

import dev.troupe.nn.weights.PreprocessConfig;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Weights on this machine.
 *
 * @param path the file or folder
 * @param preprocess how the images were prepared that they were trained with, where that is known
 * @param quickGelu whether they were trained with QuickGELU, where that is known
 */
public record ResolvedWeights(
    Path path, Optional<PreprocessConfig> preprocess, Optional<Boolean> quickGelu) {
  static ResolvedWeights of(Path path) {
    return new ResolvedWeights(path, Optional.empty(), Optional.empty());
  }
}
