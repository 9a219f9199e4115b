package dev.troupe.runtime.weights;

import dev.troupe.nn.weights.PreprocessConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One of the 196 pretrained weights that OpenCLIP 3.3.0 knows.
 *
 * @param model the configuration, {@code ViT-B-32}
 * @param tag the weights' name, {@code laion2b_s34b_b79k}
 * @param address where the file is, if it is published outside of the hub
 * @param repository its Hugging Face repository, {@code org/name}, if it has one
 * @param file the file in the repository, if not one of OpenCLIP's usual names
 * @param preprocess how the images were prepared
 * @param quickGelu whether the model was trained with QuickGELU
 */
public record PretrainedTag(
    String model,
    String tag,
    Optional<String> address,
    Optional<String> repository,
    Optional<String> file,
    PreprocessConfig preprocess,
    boolean quickGelu) {
  private static final String RESOURCE = "pretrained.tsv";
  private static final String NONE = "-";
  private static final List<PretrainedTag> ALL = read();

  /** All of them, in OpenCLIP's order. */
  public static List<PretrainedTag> all() {
    return ALL;
  }

  /** Those of one configuration. */
  public static List<PretrainedTag> of(String model) {
    return ALL.stream().filter(tag -> tag.model.equals(model)).toList();
  }

  /** One of them; hyphens and case in the tag don't matter. */
  public static Optional<PretrainedTag> find(String model, String tag) {
    String clean = tag.toLowerCase(Locale.ROOT).replace('-', '_');
    return of(model).stream().filter(known -> known.tag.equals(clean)).findFirst();
  }

  /**
   * What is known of the file's SHA-256: all of it in OpenAI's addresses, the first eight digits in
   * OpenCLIP's.
   */
  Optional<String> sha256() {
    return address.flatMap(
        url -> {
          String[] parts = url.split("/");
          if (url.contains("openaipublic")) {
            return Optional.of(parts[parts.length - 2]);
          }
          String file = parts[parts.length - 1];
          String digits = file.substring(file.lastIndexOf('-') + 1).replaceFirst("\\.\\w+$", "");
          return digits.matches("[0-9a-f]{8}") ? Optional.of(digits) : Optional.empty();
        });
  }

  private static List<PretrainedTag> read() {
    try (InputStream in = PretrainedTag.class.getResourceAsStream(RESOURCE);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      return lines
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> parse(line.split("\t")))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static PretrainedTag parse(String[] columns) {
    Optional<String> hub = optional(columns[3]);
    return new PretrainedTag(
        columns[0],
        columns[1],
        optional(columns[2]),
        hub.map(path -> path.substring(0, path.lastIndexOf('/'))),
        hub.map(path -> path.substring(path.lastIndexOf('/') + 1)).filter(name -> !name.isEmpty()),
        new PreprocessConfig(mean(columns[4]), std(columns[4]), columns[5], columns[6]),
        !columns[7].equals(NONE));
  }

  private static Optional<String> optional(String column) {
    return column.equals(NONE) ? Optional.empty() : Optional.of(column);
  }

  private static List<Double> mean(String statistics) {
    return switch (statistics) {
      case "openai" -> PreprocessConfig.OPENAI.mean();
      case "imagenet" -> List.of(0.485, 0.456, 0.406);
      case "half" -> List.of(0.5, 0.5, 0.5);
      default -> List.of(0.0, 0.0, 0.0);
    };
  }

  private static List<Double> std(String statistics) {
    return switch (statistics) {
      case "openai" -> PreprocessConfig.OPENAI.std();
      case "imagenet" -> List.of(0.229, 0.224, 0.225);
      case "half" -> List.of(0.5, 0.5, 0.5);
      default -> List.of(1.0, 1.0, 1.0);
    };
  }
}
