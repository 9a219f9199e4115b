package dev.troupe.runtime.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.nn.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Names that a team gives its weights: a JSON file of names and the files, folders or addresses
 * they stand for.
 *
 * <pre>{@code
 * {
 *   "birds-b32": "s3://weights/birds-b32.safetensors#sha256=8f14e45f",
 *   "birds-l14": "../runs/birds-l14/checkpoints/latest"
 * }
 * }</pre>
 *
 * Relative paths count from the file's own folder.
 */
final class WeightsRegistry {
  private final Path file;

  WeightsRegistry(Path file) {
    this.file = file;
  }

  /** What a name stands for. */
  Optional<String> find(String name) {
    JsonNode value = read().get(name);
    if (value == null) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw new WeightsException(
          file + ": " + name + ": " + value + " (expected: a path or an address as a text)");
    }
    String location = value.asText();
    return Optional.of(
        location.contains("://")
            ? location
            : file.toAbsolutePath().getParent().resolve(location).normalize().toString());
  }

  List<String> names() {
    List<String> names = new ArrayList<>();
    read().fieldNames().forEachRemaining(names::add);
    return names;
  }

  private JsonNode read() {
    ObjectMapper json = new ObjectMapper();
    if (!Files.isRegularFile(file)) {
      return json.createObjectNode();
    }
    try {
      JsonNode root = json.readTree(file.toFile());
      if (!root.isObject()) {
        throw new WeightsException(file + ": not a JSON object of names and places");
      }
      return root;
    } catch (IOException e) {
      throw new WeightsException(file + ": " + e.getMessage(), e);
    }
  }
}
