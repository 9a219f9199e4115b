package dev.troupe.nn.model;

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
      throw new UnsupportedModelException(
          config.name(), "timm_model_name " + vision.timm().name() + " has no implementation here");
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
      throw new UnsupportedModelException(
          config.name(),
          "hf_model_name " + text.huggingFace().name() + " has no implementation here");
    }
    return new TextTransformer(text, config.embedDim(), config.quickGelu());
  }
}
