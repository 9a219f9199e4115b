package dev.troupe.runtime.wiring;

import dev.troupe.nn.model.ClipModel;
import dev.troupe.runtime.settings.StorageSettings;

/** Loads what {@code --pretrained} names into a model. */
public final class FirstWeights {
  private FirstWeights() {}

  /**
   * @throws dev.troupe.nn.weights.WeightsException if there is nothing to load, or it does not fit
   */
  public static void load(ClipModel model, String from, StorageSettings storage) {
    throw new UnsupportedOperationException();
  }
}
