package dev.troupe.runtime.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.nn.weights.Export;
import dev.troupe.nn.weights.PreprocessConfig;
import dev.troupe.nn.weights.WeightsException;
import dev.troupe.runtime.checkpoint.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
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
  /** The setting of a run's state that tells how its images are prepared, as JSON. */
  public static final String PREPROCESSING = "preprocessing";

  static ResolvedWeights of(Path path) {
    return new ResolvedWeights(path, Optional.empty(), Optional.empty());
  }

  /**
   * A file or folder; a Hugging Face folder and a run's checkpoint tell how images are prepared.
   *
   * @throws WeightsException if it is not there
   */
  public static ResolvedWeights local(Path path) {
    if (!Files.exists(path)) {
      throw new WeightsException("pretrained: " + path + ": no such file or folder");
    }
    Path folder = Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
    Path config = folder.resolve(Export.CONFIG_FILE);
    if (Files.isRegularFile(config)) {
      return of(path, config);
    }
    return Files.isRegularFile(folder.resolve(Checkpoint.MANIFEST))
        ? new ResolvedWeights(path, trained(Checkpoint.open(folder)), Optional.empty())
        : of(path);
  }

  private static Optional<PreprocessConfig> trained(Checkpoint checkpoint) {
    String fact = checkpoint.state().settings().get(PREPROCESSING);
    return Optional.ofNullable(fact).map(ResolvedWeights::parse).map(PreprocessConfig::of);
  }

  private static JsonNode parse(String json) {
    try {
      return new ObjectMapper().readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Weights with the {@code open_clip_config.json} that belongs to them. */
  static ResolvedWeights of(Path path, Path config) {
    try {
      JsonNode root = new ObjectMapper().readTree(config.toFile());
      JsonNode images = root.path("preprocess_cfg");
      Optional<Boolean> quickGelu =
          root.has("model_cfg")
              ? Optional.of(root.path("model_cfg").path("quick_gelu").asBoolean(false))
              : Optional.empty();
      return new ResolvedWeights(
          path,
          images.isObject() ? Optional.of(PreprocessConfig.of(images)) : Optional.empty(),
          quickGelu);
    } catch (IOException e) {
      throw new WeightsException(config + ": " + e.getMessage(), e);
    }
  }

  /** The same weights with images prepared as for others, where it is not known of these. */
  public ResolvedWeights preparedAs(ResolvedWeights others) {
    return new ResolvedWeights(
        path, preprocess.or(others::preprocess), quickGelu.or(others::quickGelu));
  }
}
