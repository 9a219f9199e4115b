package dev.troupe.nn.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * How images are prepared for a model: OpenCLIP's {@code preprocess_cfg}.
 *
 * @param mean of the red, green and blue values in [0, 1]
 * @param std of the same
 * @param interpolation {@code bicubic} or {@code bilinear}
 * @param resizeMode {@code shortest}, {@code longest} or {@code squash}
 */
public record PreprocessConfig(
    List<Double> mean, List<Double> std, String interpolation, String resizeMode) {
  /** OpenAI's, and the default of most OpenCLIP models. */
  public static final PreprocessConfig OPENAI =
      new PreprocessConfig(
          List.of(0.48145466, 0.4578275, 0.40821073),
          List.of(0.26862954, 0.26130258, 0.27577711),
          "bicubic",
          "shortest");

  /** SigLIP's: values in [-1, 1], the image's sides scaled each by its own factor. */
  public static final PreprocessConfig SIGLIP =
      new PreprocessConfig(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5), "bicubic", "squash");

  /** Reads OpenCLIP's form; what it leaves out is as OpenAI's. */
  public static PreprocessConfig of(JsonNode json) {
    return new PreprocessConfig(
        numbers(json.path("mean"), OPENAI.mean),
        numbers(json.path("std"), OPENAI.std),
        json.path("interpolation").asText(OPENAI.interpolation),
        json.path("resize_mode").asText(OPENAI.resizeMode));
  }

  private static List<Double> numbers(JsonNode values, List<Double> otherwise) {
    if (!values.isArray() || values.isEmpty()) {
      return otherwise;
    }
    List<Double> result = new ArrayList<>();
    values.forEach(value -> result.add(value.asDouble()));
    return result;
  }

  /** OpenCLIP's form. */
  public ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ArrayNode means = json.putArray("mean");
    mean.forEach(means::add);
    ArrayNode stds = json.putArray("std");
    std.forEach(stds::add);
    json.put("interpolation", interpolation);
    return json.put("resize_mode", resizeMode);
  }
}
