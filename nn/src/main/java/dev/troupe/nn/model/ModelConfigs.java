package dev.troupe.nn.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds model configurations: by name in {@code configs/models/} of the installation (system
 * property {@code troupe.home}, else the working directory or one of its parents), or by the path
 * of a JSON file.
 */
public final class ModelConfigs {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private ModelConfigs() {}

  /**
   * Loads a configuration.
   *
   * @param nameOrPath {@code ViT-B-32}, {@code ViT-B/32}, or a path that ends in {@code .json}; a
   *     Hugging Face {@code open_clip_config.json} will do
   * @throws ConfigException if there is none, or it has faults
   */
  public static ModelConfig load(String nameOrPath) {
    if (nameOrPath.endsWith(".json")) {
      return read(Path.of(nameOrPath));
    }
    String name = nameOrPath.replace('/', '-');
    Path file = folder().resolve(name + ".json");
    if (!Files.isRegularFile(file)) {
      throw new ConfigException(
          "model: " + nameOrPath,
          List.of(
              "no such file: "
                  + file
                  + Spelling.suggest(name, names())
                  + "; `troupe models` lists the names, and a path to a JSON file will do"));
    }
    return read(file);
  }

  /** The names of all configurations of the installation, sorted without regard to case. */
  public static List<String> names() {
    try (Stream<Path> files = Files.list(folder())) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".json"))
          .map(file -> file.substring(0, file.length() - ".json".length()))
          .sorted(String.CASE_INSENSITIVE_ORDER)
          .collect(Collectors.toList());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + folder(), e);
    }
  }

  private static ModelConfig read(Path file) {
    String base = file.getFileName().toString();
    return read(base.substring(0, base.length() - ".json".length()), file);
  }

  /**
   * Reads a configuration's file.
   *
   * @param name what the model is called
   * @throws ConfigException if the file can't be read or has faults
   */
  public static ModelConfig read(String name, Path file) {
    try {
      JsonNode json = JSON.readTree(Files.readAllBytes(file));
      if (!(json instanceof ObjectNode)) {
        throw new ConfigException(file.toString(), List.of("not a JSON object"));
      }
      JsonNode exported = json.get("model_cfg");
      return ModelConfig.of(
          name, (ObjectNode) (exported instanceof ObjectNode ? exported : json), file.toString());
    } catch (JsonProcessingException e) {
      throw new ConfigException(
          file.toString(),
          List.of("line " + e.getLocation().getLineNr() + ": " + e.getOriginalMessage()));
    } catch (IOException e) {
      throw new ConfigException(file.toString(), List.of("cannot be read: " + e));
    }
  }

  private static Path folder() {
    String home = System.getProperty("troupe.home");
    if (home != null) {
      return Path.of(home, "configs", "models");
    }
    Path start = Path.of("").toAbsolutePath();
    for (Path at = start; at != null; at = at.getParent()) {
      Path models = at.resolve("configs").resolve("models");
      if (Files.isDirectory(models)) {
        return models;
      }
    }
    throw new ConfigException(
        "configs/models",
        List.of(
            "no such folder in "
                + start
                + " or above it; start Troupe by ./troupe, or set"
                + " -Dtroupe.home to the project's folder"));
  }
}
