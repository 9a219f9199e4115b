package dev.troupe.runtime.weights;

import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.model.ModelConfigs;
import dev.troupe.nn.weights.Export;
import dev.troupe.nn.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model with all that belongs to it, as OpenCLIP pushes it to the hub.
 *
 * @param name of the folder or repository
 * @param configFile its {@code open_clip_config.json}
 * @param weightsFile its weights, or the folder that holds them
 * @param tokenizer its {@code tokenizer.json}, if it has one
 */
public record ModelFolder(
    String name, Path configFile, Path weightsFile, Optional<Path> tokenizer) {
  static final String TOKENIZER_FILE = "tokenizer.json";

  /** A folder of this machine. */
  static ModelFolder local(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new WeightsException("local-dir:" + folder + ": no such folder");
    }
    Path config = folder.resolve(Export.CONFIG_FILE);
    if (!Files.isRegularFile(config)) {
      throw new WeightsException(
          "local-dir:%s: no %s in it (expected: a folder that ./troupe export --format hf or OpenCLIP wrote)"
              .formatted(folder, Export.CONFIG_FILE));
    }
    Path tokenizer = folder.resolve(TOKENIZER_FILE);
    return new ModelFolder(
        folder.toAbsolutePath().normalize().getFileName().toString(),
        config,
        folder,
        Files.isRegularFile(tokenizer) ? Optional.of(tokenizer) : Optional.empty());
  }

  /** The model's configuration, by its folder's or repository's name. */
  public ModelConfig config() {
    return ModelConfigs.read(name, configFile);
  }

  /** The model's weights, and how its images are prepared. */
  public ResolvedWeights weights() {
    return ResolvedWeights.of(weightsFile, configFile);
  }
}
