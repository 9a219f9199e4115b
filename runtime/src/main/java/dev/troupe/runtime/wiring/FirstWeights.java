package dev.troupe.runtime.wiring;

import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.weights.LoadOptions;
import dev.troupe.nn.weights.Weights;
import dev.troupe.nn.weights.WeightsException;
import dev.troupe.runtime.settings.StorageSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Loads what {@code --pretrained} names into a model. */
public final class FirstWeights {
  private static final Logger LOG = LoggerFactory.getLogger(FirstWeights.class);

  private FirstWeights() {}

  /**
   * @param from a file or folder in any format that {@link Weights} reads, a checkpoint of a run
   *     among them
   * @throws WeightsException if there is nothing to load, or it does not fit
   */
  public static void load(ClipModel model, String from, StorageSettings storage) {
    Path path = Path.of(from);
    if (!Files.exists(path)) {
      throw new WeightsException(
          "pretrained: " + from + " (expected: a weights file or a folder with one)");
    }
    LOG.info("{}", Weights.load(path, model, LoadOptions.PRETRAINED).summary());
  }
}
