package dev.troupe.runtime.train;

import dev.troupe.nn.core.BatchNorm2d;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.runtime.settings.ModelSettings;

/** Excludes towers from training: OpenCLIP's {@code --lock-image} and {@code --lock-text}. */
final class Locks {
  private Locks() {}

  static void apply(ModelSettings settings, ClipModel model) {
    if (settings.lockImage()) {
      model.imageTower().lock(settings.lockImageUnlockedGroups());
      if (settings.lockImageFreezeBnStats()) {
        freezeStatistics(model.imageTower());
      }
    }
    if (settings.lockText()) {
      model.textTower().lock(settings.lockTextUnlockedLayers());
    }
  }

  /** In layers that still train too: OpenCLIP's own makes no finer distinction for a ResNet. */
  private static void freezeStatistics(Layer layer) {
    if (layer instanceof BatchNorm2d norm) {
      norm.freeze();
    }
    layer.children().values().forEach(Locks::freezeStatistics);
  }
}
