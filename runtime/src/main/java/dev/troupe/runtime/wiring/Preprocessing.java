package dev.troupe.runtime.wiring;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.data.image.Augmentation;
import dev.troupe.data.image.Interpolation;
import dev.troupe.data.image.Preprocess;
import dev.troupe.data.image.ResizeMode;
import dev.troupe.data.text.Tokenizer;
import dev.troupe.data.text.TokenizerSpec;
import dev.troupe.data.text.Tokenizers;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.weights.PreprocessConfig;
import dev.troupe.runtime.settings.AugmentationSettings;
import dev.troupe.runtime.settings.ImageSettings;
import dev.troupe.runtime.weights.ResolvedWeights;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Brings a model's configuration and the settings together in what its inputs look like. */
public final class Preprocessing {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Preprocessing() {}

  /**
   * What images become, by the model's size, what the pretrained weights were trained with, and the
   * settings, which decide.
   */
  public static Preprocess of(
      ModelConfig config, ImageSettings settings, Optional<ResolvedWeights> pretrained) {
    if (config.vision().imageHeight() != config.vision().imageWidth()) {
      throw new IllegalArgumentException(
          "image_size: %dx%d (expected: a square)"
              .formatted(config.vision().imageHeight(), config.vision().imageWidth()));
    }
    Preprocess preprocess = Preprocess.of(config.vision().imageHeight());
    Optional<PreprocessConfig> trained = pretrained.flatMap(ResolvedWeights::preprocess);
    if (trained.isPresent()) {
      preprocess =
          preprocess
              .withMean(trained.get().mean())
              .withStd(trained.get().std())
              .withInterpolation(
                  Interpolation.valueOf(trained.get().interpolation().toUpperCase(Locale.ROOT)))
              .withResizeMode(
                  ResizeMode.valueOf(trained.get().resizeMode().toUpperCase(Locale.ROOT)));
    }
    if (!settings.imageMean().isEmpty()) {
      preprocess = preprocess.withMean(settings.imageMean());
    }
    if (!settings.imageStd().isEmpty()) {
      preprocess = preprocess.withStd(settings.imageStd());
    }
    if (settings.imageInterpolation().isPresent()) {
      preprocess =
          preprocess.withInterpolation(
              Interpolation.valueOf(settings.imageInterpolation().get().name()));
    }
    if (settings.imageResizeMode().isPresent()) {
      preprocess =
          preprocess.withResizeMode(ResizeMode.valueOf(settings.imageResizeMode().get().name()));
    }
    return preprocess;
  }

  /** The same in OpenCLIP's form, without the size. */
  public static PreprocessConfig config(Preprocess images) {
    return new PreprocessConfig(
        images.mean(),
        images.std(),
        images.interpolation().toString().toLowerCase(Locale.ROOT),
        images.resizeMode().toString().toLowerCase(Locale.ROOT));
  }

  public static Augmentation augmentation(AugmentationSettings settings) {
    return new Augmentation(
        settings.scale(),
        settings.ratio().orElse(null),
        settings.colorJitter().isEmpty() ? null : settings.colorJitter(),
        settings.colorJitterProb().orElse(null),
        settings.grayScaleProb().orElse(null),
        settings.reProb().orElse(null),
        settings.reCount().orElse(null),
        settings.useTimm());
  }

  /**
   * The model's tokenizer, by its configuration's {@code text_cfg}.
   *
   * @param given {@code --tokenizer}
   */
  public static Tokenizer tokenizer(ModelConfig config, Optional<String> given) {
    JsonNode text = config.json().path("text_cfg");
    Map<String, Object> arguments =
        JSON.convertValue(text.path("tokenizer_kwargs"), new TypeReference<>() {});
    TokenizerSpec spec =
        new TokenizerSpec(
            config.name(),
            config.text().contextLength(),
            text.path("hf_tokenizer_name").asText(""),
            text.path("tokenizer_mode").asText(""),
            arguments,
            given.map(Path::of).orElse(null),
            TokenizerSpec.defaultCaches());
    return Tokenizers.forModel(spec);
  }

  public static float[] floats(List<Double> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i).floatValue();
    }
    return floats;
  }
}
