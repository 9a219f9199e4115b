package dev.troupe.nn.core;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** A table of learned vectors; state {@code weight} (rows×width). */
public final class Embedding extends Layer {
  private final Tensor weight;

  /** A table of {@code rows} vectors of {@code width} values. */
  public Embedding(long rows, long width) {
    this.weight = parameter("weight", empty(rows, width));
  }

  /**
   * Looks rows up.
   *
   * @param ids int64 or int32 of any shape
   * @return ids' shape × width
   */
  public Tensor forward(Tensor ids) {
    return torch.embedding(weight, ids);
  }

  /** The table, rows×width. */
  public Tensor weight() {
    return weight;
  }

  @Override
  public void initialize() {
    Init.normal(weight, 1);
  }
}
