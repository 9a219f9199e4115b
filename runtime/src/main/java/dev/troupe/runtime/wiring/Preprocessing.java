package dev.troupe.runtime.wiring;

import dev.troupe.data.image.Augmentation;
import dev.troupe.data.image.Interpolation;
import dev.troupe.data.image.Preprocess;
import dev.troupe.data.image.ResizeMode;
import dev.troupe.data.text.ClipTokenizer;
import dev.troupe.data.text.Tokenizer;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.runtime.settings.AugmentationSettings;
import dev.troupe.runtime.settings.ImageSettings;
import java.util.List;
import java.util.Optional;

/** Brings a model's configuration and the settings together in what its inputs look like. */
public final class Preprocessing {
  private Preprocessing() {}

  /** What images become, by the model's size and the settings. */
  public static Preprocess of(ModelConfig config, ImageSettings settings) {
    if (config.vision().imageHeight() != config.vision().imageWidth()) {
      throw new IllegalArgumentException(
          "image_size: %dx%d (expected: a square)"
              .formatted(config.vision().imageHeight(), config.vision().imageWidth()));
    }
    Preprocess preprocess = Preprocess.of(config.vision().imageHeight());
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

  /** The model's tokenizer. */
  public static Tokenizer tokenizer(ModelConfig config, Optional<String> given) {
    return new ClipTokenizer(config.text().contextLength());
  }

  public static float[] floats(List<Double> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i).floatValue();
    }
    return floats;
  }
}
