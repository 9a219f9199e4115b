package dev.troupe.runtime.wiring;

import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.weights.LoadOptions;
import dev.troupe.nn.weights.Weights;
import dev.troupe.runtime.settings.StorageSettings;
import dev.troupe.runtime.weights.Pretrained;
import dev.troupe.runtime.weights.ResolvedWeights;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds what {@code --pretrained} names and loads it into a model. */
public final class FirstWeights {
  private static final Logger LOG = LoggerFactory.getLogger(FirstWeights.class);

  private FirstWeights() {}

  /**
   * The weights' place on this machine, where they are fetched to if need be.
   *
   * @param from anything that {@link Pretrained} resolves
   * @throws dev.troupe.nn.weights.WeightsException if there is no such thing
   */
  public static ResolvedWeights resolve(String from, ModelConfig config, StorageSettings storage) {
    Path cache =
        storage
            .cacheDir()
            .map(Path::of)
            .orElse(Path.of(System.getProperty("user.home"), ".cache", "troupe"))
            .resolve("weights");
    ResolvedWeights weights =
        new Pretrained(cache, DataStreams.store(storage)).resolve(from, config.name());
    if (weights.quickGelu().isPresent() && weights.quickGelu().get() != config.quickGelu()) {
      LOG.warn(
          "{} was trained {} QuickGELU, the model {} is built {} it{}",
          from,
          weights.quickGelu().get() ? "with" : "without",
          config.name(),
          config.quickGelu() ? "with" : "without",
          config.quickGelu() ? "" : "; --force-quick-gelu builds it so");
    }
    return weights;
  }

  /**
   * Loads weights into a model.
   *
   * @throws dev.troupe.nn.weights.WeightsException if they don't fit
   */
  public static void load(ClipModel model, ResolvedWeights weights) {
    LOG.info("{}", Weights.load(weights.path(), model, LoadOptions.PRETRAINED).summary());
  }
}
