package dev.troupe.nn.model;

import dev.troupe.nn.core.Layer;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * An image encoder: from pixels to one feature a sample. Its parameters stand under {@code visual.}
 * in a model's state.
 */
public abstract class ImageTower extends Layer implements Lockable {
  /** Values of a token, or channels: of the last block, in a ModifiedResNet after the stem. */
  public abstract long width();

  /**
   * Encodes images.
   *
   * @param images_BCHW normalised pixels
   * @return features, B×D
   */
  public abstract Tensor forward(Tensor images_BCHW);

  /**
   * Encodes images and gives what the features were pooled from too, for CoCa's decoder.
   *
   * @throws UnsupportedOperationException if the tower has no tokens to give
   */
  public Tokens forwardWithTokens(Tensor images_BCHW) {
    throw new UnsupportedOperationException(
        getClass().getSimpleName() + " gives no tokens (expected with multimodal_cfg: a ViT)");
  }

  @Override
  public List<List<String>> lockGroups() {
    return List.of();
  }
}
