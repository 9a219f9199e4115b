package dev.troupe.nn.model;

import dev.troupe.nn.core.Layer;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A text encoder: from token ids to one feature a sample. Its parameters stand under {@code text.}
 * in a model's state, or, in OpenCLIP's {@code CLIP} class, at the root.
 */
public abstract class TextTower extends Layer implements Lockable {
  /**
   * Encodes texts.
   *
   * @param tokens_BL token ids, int64
   * @return features, B×D
   */
  public abstract Tensor forward(Tensor tokens_BL);

  /**
   * Encodes texts and gives the tokens' vectors too, for CoCa's decoder.
   *
   * @throws UnsupportedOperationException if the tower has no tokens to give
   */
  public Tokens forwardWithTokens(Tensor tokens_BL) {
    throw new UnsupportedOperationException(getClass().getSimpleName() + " gives no tokens");
  }

  /**
   * How many leading positions can influence the features; all of them, unless a tower knows
   * better.
   *
   * @see ClipModel#usedTokens
   */
  public int usedTokens(int longestCaption, int contextLength) {
    return contextLength;
  }

  @Override
  public List<List<String>> lockGroups() {
    return List.of();
  }
}
