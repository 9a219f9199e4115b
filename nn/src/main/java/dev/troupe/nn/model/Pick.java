package dev.troupe.nn.model;

import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The one token of each sample that becomes its feature. Knowing it before the last block saves
 * most of that block: only its queries, its perceptron and the norms of one token count.
 *
 * <p>Shapes: B samples, L tokens, W width.
 */
final class Pick {
  private final long position;
  private final Tensor index_B1;

  private Pick(long position, Tensor index_B1) {
    this.position = position;
    this.index_B1 = index_B1;
  }

  /** The same position in every sample. */
  static Pick position(long position) {
    return new Pick(position, null);
  }

  /** The first occurrence of the largest id: CLIP's end of text. */
  static Pick largest(Tensor tokens_BL) {
    return new Pick(-1, tokens_BL.argmax(new LongOptional(1), true));
  }

  /** The first occurrence of {@code id}, or position 0 where there is none. */
  static Pick first(Tensor tokens_BL, int id) {
    try (TensorScope scope = new TensorScope()) {
      Tensor found_BL = tokens_BL.eq(new Scalar((long) id)).to(torch.ScalarType.Int);
      return new Pick(-1, scope.keep(found_BL.argmax(new LongOptional(1), true)));
    }
  }

  /** Takes the token out of B×L×W; the result is B×1×W. */
  Tensor from(Tensor x_BLW) {
    if (index_B1 == null) {
      return x_BLW.narrow(1, position, 1);
    }
    try (TensorScope scope = new TensorScope()) {
      return scope.keep(
          x_BLW.gather(1, index_B1.unsqueeze(2).expand(-1, -1, x_BLW.size(2)), false));
    }
  }

  /**
   * What the token may attend to under a causal mask: a boolean mask B×1×1×L of the positions up to
   * it, or null if that is all of them.
   */
  Tensor causalMask(Tensor x_BLW) {
    long length = x_BLW.size(1);
    if (position == length - 1) {
      return null;
    }
    try (TensorScope scope = new TensorScope()) {
      Tensor positions_L = torch.arange(new Scalar(length), longsOn(x_BLW));
      Tensor seen =
          index_B1 == null
              ? positions_L.le(new Scalar(position)).view(1, 1, 1, length)
              : positions_L.unsqueeze(0).le(index_B1).unsqueeze(1).unsqueeze(1);
      return scope.keep(seen);
    }
  }

  private static org.bytedeco.pytorch.TensorOptions longsOn(Tensor x) {
    return x.options().dtype(new org.bytedeco.pytorch.ScalarTypeOptional(torch.ScalarType.Long));
  }
}
