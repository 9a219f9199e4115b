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
    return lookUp(weight, ids);
  }

  /** Looks rows of a table that need not be learned up. */
  public static Tensor lookUp(Tensor table, Tensor ids) {
    if (ids.is_meta()) {
      return Macs.shape(table, ids.size(0), ids.size(1), table.size(1));
    }
    return torch.embedding(table, ids);
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
