package dev.troupe.nn.model;

import dev.troupe.nn.core.Init;
import org.bytedeco.pytorch.Tensor;

/**
 * OpenCLIP's {@code CLIP} and {@code CustomTextCLIP}: an image tower and a text tower with their
 * temperature. The two classes differ in names alone: the text tower's stand at the root or under
 * {@code text.}.
 */
class DualEncoder extends ClipModel {
  private final ModelConfig config;
  private final ImageTower image;
  private final TextTower text;
  private final Tensor logitScale;
  private final Tensor logitBias;

  DualEncoder(ModelConfig config) {
    this.config = config;
    long[] shape = config.nonscalarLogitScale() ? new long[] {1} : new long[0];
    this.logitScale = parameter("logit_scale", empty(shape));
    this.logitBias = config.initLogitBias() == null ? null : parameter("logit_bias", empty(shape));
    this.image = child("visual", Towers.image(config));
    this.text = child(config.hasTextPrefix() ? "text" : "", Towers.text(config));
  }

  @Override
  public final ModelConfig config() {
    return config;
  }

  @Override
  public final Tensor encodeImage(Tensor images_BCHW) {
    return image.forward(images_BCHW);
  }

  @Override
  public final Tensor encodeText(Tensor tokens_BL) {
    return text.forward(tokens_BL);
  }

  @Override
  public final Tensor logitScale() {
    return logitScale;
  }

  @Override
  public final Tensor logitBias() {
    return logitBias;
  }

  @Override
  public final ImageTower imageTower() {
    return image;
  }

  @Override
  public final TextTower textTower() {
    return text;
  }

  @Override
  public int usedTokens(int longestCaption, int contextLength) {
    return text.usedTokens(longestCaption, contextLength);
  }

  @Override
  public void initialize() {
    super.initialize();
    Init.constant(logitScale, config.initLogitScale());
    if (logitBias != null) {
      Init.constant(logitBias, config.initLogitBias());
    }
  }
}
