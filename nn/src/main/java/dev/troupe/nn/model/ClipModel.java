package dev.troupe.nn.model;

import dev.troupe.nn.core.Layer;
import org.bytedeco.pytorch.Tensor;

/**
 * An image tower and a text tower with a learned temperature (Radford et al. 2021).
 *
 * <p>Shapes: B samples, C channels, H×W pixels, L tokens, D {@code embed_dim}.
 */
public abstract class ClipModel extends Layer {
  /** The configuration the model was built from. */
  public abstract ModelConfig config();

  /**
   * Encodes images.
   *
   * @param images_BCHW normalised pixels, float
   * @return the raw (not normalised) features, B×D
   */
  public abstract Tensor encodeImage(Tensor images_BCHW);

  /**
   * Encodes texts.
   *
   * @param tokens_BL token ids, int64
   * @return the raw (not normalised) features, B×D
   */
  public abstract Tensor encodeText(Tensor tokens_BL);

  /** The logarithm of the scale of the logits, a scalar parameter ({@code logit_scale}). */
  public abstract Tensor logitScale();

  /** The bias of the logits ({@code logit_bias}), or null for a model without one. */
  public abstract Tensor logitBias();

  /**
   * The number of leading token positions of {@code tokens_BL} that can influence the text
   * features: positions after the last end-of-text change nothing under a causal mask with argmax
   * or eos pooling. Models in which every position counts answer {@code contextLength}.
   *
   * @param longestCaption the number of tokens, start and end included, of the longest caption
   * @param contextLength the length that the captions are padded to
   */
  public abstract int usedTokens(int longestCaption, int contextLength);

  /** The image tower, to lock it or to take its tokens. */
  public abstract ImageTower imageTower();

  /** The text tower, to lock it or to take its tokens. */
  public abstract TextTower textTower();
}
