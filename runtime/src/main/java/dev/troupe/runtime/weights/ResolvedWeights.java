package dev.troupe.runtime.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.nn.weights.Export;
import dev.troupe.nn.weights.PreprocessConfig;
import dev.troupe.nn.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  /**
   * A file or folder; a Hugging Face folder tells how images are prepared.
   *
   * @throws WeightsException if it is not there
   */
  public static ResolvedWeights local(Path path) {
    if (!Files.exists(path)) {
      throw new WeightsException("pretrained: " + path + ": no such file or folder");
    }
    Path folder = Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
    Path config = folder.resolve(Export.CONFIG_FILE);
    return Files.isRegularFile(config) ? of(path, config) : of(path);
  }

  /** Weights with the {@code open_clip_config.json} that belongs to them. */
  static ResolvedWeights of(Path path, Path config) {
    try {
      JsonNode root = new ObjectMapper().readTree(config.toFile());
      JsonNode images = root.path("preprocess_cfg");
      Optional<PreprocessConfig> preprocess =
          images.isObject()
              ? Optional.of(
                  new PreprocessConfig(
                      numbers(images.path("mean"), PreprocessConfig.OPENAI.mean()),
                      numbers(images.path("std"), PreprocessConfig.OPENAI.std()),
                      images.path("interpolation").asText("bicubic"),
                      images.path("resize_mode").asText("shortest")))
              : Optional.empty();
      Optional<Boolean> quickGelu =
          root.has("model_cfg")
              ? Optional.of(root.path("model_cfg").path("quick_gelu").asBoolean(false))
              : Optional.empty();
      return new ResolvedWeights(path, preprocess, quickGelu);
    } catch (IOException e) {
      throw new WeightsException(config + ": " + e.getMessage(), e);
    }
  }

  private static List<Double> numbers(JsonNode values, List<Double> otherwise) {
    if (!values.isArray() || values.isEmpty()) {
      return otherwise;
    }
    List<Double> result = new ArrayList<>();
    values.forEach(value -> result.add(value.asDouble()));
    return result;
  }
}
