package dev.troupe.nn.core;

import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * softmax(q·kᵀ/√d + mask)·v (Vaswani et al. 2017) by libtorch's fused kernels.
 *
 * <p>Shapes: B samples, H heads, L queries, S keys, d values a head.
 */
public final class Attention {
  private Attention() {}

  /**
   * Attends.
   *
   * @param q_BHLd queries
   * @param k_BHSd keys
   * @param v_BHSd values
   * @param mask added to the scores, broadcast to B×H×L×S, or null
   * @param causal whether position i sees only positions up to i; not with a mask
   * @return B×H×L×d
   */
  public static Tensor attend(
      Tensor q_BHLd, Tensor k_BHSd, Tensor v_BHSd, Tensor mask, boolean causal) {
    return attend(q_BHLd, k_BHSd, v_BHSd, mask, causal, 0);
  }

  /**
   * Attends, with some of the attention weights dropped.
   *
   * @param drop the probability of dropping a weight, 0 outside of training
   * @see #attend(Tensor, Tensor, Tensor, Tensor, boolean)
   */
  public static Tensor attend(
      Tensor q_BHLd, Tensor k_BHSd, Tensor v_BHSd, Tensor mask, boolean causal, double drop) {
    Macs.add(2 * q_BHLd.numel() * k_BHSd.size(2));
    if (q_BHLd.is_meta()) {
      return q_BHLd;
    }
    try (TensorScope scope = new TensorScope()) {
      return scope.keep(
          torch.scaled_dot_product_attention(
              q_BHLd,
              k_BHSd,
              v_BHSd,
              mask == null ? new TensorOptional() : new TensorOptional(mask),
              drop,
              causal,
              new DoubleOptional(),
              false));
    }
  }

  /**
   * Splits a projection into its heads, without copying.
   *
   * @param x_BLW L tokens of H·d values
   * @return a view B×H×L×d
   */
  public static Tensor split(Tensor x_BLW, long heads) {
    try (TensorScope scope = new TensorScope()) {
      return scope.keep(x_BLW.unflatten(2, heads, x_BLW.size(2) / heads).transpose(1, 2));
    }
  }

  /**
   * Splits a fused projection into queries, keys and values, without copying; the backward pass
   * stacks the three gradients once.
   *
   * @param qkv_BL3W the three projections side by side
   * @return three views B×H×L×d
   */
  public static Tensor[] splitFused(Tensor qkv_BL3W, long heads) {
    try (TensorScope scope = new TensorScope()) {
      long width = qkv_BL3W.size(2) / 3;
      TensorVector parts =
          qkv_BL3W.view(qkv_BL3W.size(0), qkv_BL3W.size(1), 3, heads, width / heads).unbind(2);
      Tensor[] views = new Tensor[3];
      for (int i = 0; i < 3; i++) {
        views[i] = scope.keep(parts.get(i).transpose(1, 2));
      }
      return views;
    }
  }

  /**
   * Puts the heads of attention's result side by side.
   *
   * @param x_BHLd as {@link #attend} returns
   * @return B×L×W
   */
  public static Tensor join(Tensor x_BHLd) {
    try (TensorScope scope = new TensorScope()) {
      return scope.keep(
          x_BHLd
              .transpose(1, 2)
              .reshape(x_BHLd.size(0), x_BHLd.size(2), x_BHLd.size(1) * x_BHLd.size(3)));
    }
  }
}
