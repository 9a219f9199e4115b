package dev.troupe.nn.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/**
 * Weights in several files with an index that says which tensor is where: Hugging Face's {@code
 * model.safetensors.index.json}.
 */
public final class ShardedFile implements WeightsFile {
  private static final long MAX_INDEX_BYTES = 100_000_000;

  private final Path path;
  private final Map<String, WeightsFile> shards = new LinkedHashMap<>();
  private final Map<String, WeightsFile> places = new LinkedHashMap<>();

  private ShardedFile(Path path) {
    this.path = path;
  }

  /**
   * Opens an index and all files it names.
   *
   * @throws WeightsException if one is missing or lacks a tensor that it should hold
   */
  public static ShardedFile open(Path path) {
    ShardedFile file = new ShardedFile(path);
    try {
      file.read();
      return file;
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private void read() {
    JsonNode map;
    try {
      if (Files.size(path) > MAX_INDEX_BYTES) {
        throw new WeightsException(
            path + ": longer than " + MAX_INDEX_BYTES + " bytes; is this an index?");
      }
      map = new ObjectMapper().readTree(path.toFile()).path("weight_map");
    } catch (IOException e) {
      throw new WeightsException(path + ": no valid index: " + e.getMessage(), e);
    }
    if (!map.isObject() || map.isEmpty()) {
      throw new WeightsException(path + ": no weight_map in this index");
    }
    map.fields().forEachRemaining(entry -> place(entry.getKey(), entry.getValue().asText("")));
  }

  private void place(String tensor, String fileName) {
    if (fileName.isEmpty() || fileName.contains("/") || fileName.contains("\\")) {
      throw new WeightsException(
          path + ": " + tensor + " in \"" + fileName + "\" (expected: a file beside the index)");
    }
    WeightsFile shard =
        shards.computeIfAbsent(
            fileName,
            name -> {
              Path file = path.resolveSibling(name);
              if (name.endsWith(".index.json")) {
                throw new WeightsException(path + ": an index of indexes");
              }
              return WeightsFiles.open(file);
            });
    if (!shard.names().contains(tensor)) {
      throw new WeightsException(path + ": " + tensor + " is not in " + fileName);
    }
    places.put(tensor, shard);
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(places.keySet());
  }

  @Override
  public long[] shape(String name) {
    return shard(name).shape(name);
  }

  @Override
  public DType dtype(String name) {
    return shard(name).dtype(name);
  }

  @Override
  public Tensor tensor(String name) {
    return shard(name).tensor(name);
  }

  @Override
  public Map<String, String> metadata() {
    return Map.of();
  }

  @Override
  public void close() {
    shards.values().forEach(WeightsFile::close);
  }

  private WeightsFile shard(String name) {
    WeightsFile shard = places.get(name);
    if (shard == null) {
      throw new WeightsException(path + ": no tensor named " + name);
    }
    return shard;
  }
}
