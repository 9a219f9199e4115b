package dev.troupe.nn.model;

import dev.troupe.nn.model.tower.TimmTower;
import dev.troupe.nn.model.tower.Trunks;
import dev.troupe.nn.model.tower.text.HfTextTower;

/** Builds the towers of a configuration. */
public final class Towers {
  private Towers() {}

  /**
   * The image tower of a configuration, with undefined weights.
   *
   * @throws UnsupportedModelException if there is no such tower here
   */
  public static ImageTower image(ModelConfig config) {
    VisionConfig vision = config.vision();
    if (vision.timm() != null) {
      if (!Trunks.has(vision.timm().name())) {
        throw new UnsupportedModelException(config.name(), Trunks.whyNot(vision.timm().name()));
      }
      return TimmTower.of(config);
    }
    return vision.isResNet()
        ? new ModifiedResNet(vision, config.embedDim())
        : new VisionTransformer(vision, config.embedDim(), config.quickGelu());
  }

  /**
   * The text tower of a configuration, with undefined weights.
   *
   * @throws UnsupportedModelException if there is no such tower here
   */
  public static TextTower text(ModelConfig config) {
    TextConfig text = config.text();
    if (text.huggingFace() != null) {
      return HfTextTower.of(config);
    }
    return new TextTransformer(text, config.embedDim(), config.quickGelu());
  }
}
