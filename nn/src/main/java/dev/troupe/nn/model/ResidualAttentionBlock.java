package dev.troupe.nn.model;

import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.LayerScale;
import dev.troupe.nn.core.Mlp;
import dev.troupe.nn.core.MultiheadAttention;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * x + attention(norm(x)), then x + perceptron(norm(x)) (Vaswani et al. 2017, norms first).
 *
 * <p>Shapes: B samples, L tokens, S tokens of another sequence, W width.
 */
final class ResidualAttentionBlock extends Layer {
  private final LayerNorm ln1;
  private final LayerNorm ln1kv;
  private final MultiheadAttention attention;
  private final LayerScale scale1;
  private final LayerNorm ln2;
  private final Mlp mlp;
  private final LayerScale scale2;

  /**
   * A block.
   *
   * @param crossing whether it attends to another sequence, which then has its own norm ({@code
   *     ln_1_kv})
   */
  ResidualAttentionBlock(TransformerShape shape, boolean crossing) {
    long width = shape.width();
    ln1 = child("ln_1", new LayerNorm(width, shape.normEps()));
    attention = child("attn", new MultiheadAttention(width, shape.heads()));
    scale1 =
        shape.layerScale() == null
            ? null
            : child("ls_1", new LayerScale(width, shape.layerScale()));
    ln1kv = crossing ? child("ln_1_kv", new LayerNorm(width, shape.normEps())) : null;
    ln2 = child("ln_2", new LayerNorm(width, shape.normEps()));
    mlp = child("mlp", Mlp.openClip(width, shape.hidden(), shape.activation()));
    scale2 =
        shape.layerScale() == null
            ? null
            : child("ls_2", new LayerScale(width, shape.layerScale()));
  }

  /** Self-attention over B×L×W. */
  Tensor forward(Tensor x_BLW, Tensor mask, boolean causal) {
    try (TensorScope scope = new TensorScope()) {
      Tensor y_BLW = scaled(attention.forward(ln1.forward(x_BLW), mask, causal), scale1);
      return scope.keep(perceive(x_BLW.add(y_BLW)));
    }
  }

  /** The picked token's result alone, B×1×W. */
  Tensor forward(Tensor x_BLW, Pick pick, boolean causal) {
    try (TensorScope scope = new TensorScope()) {
      Tensor normed_BLW = ln1.forward(x_BLW);
      Tensor mask = causal ? pick.causalMask(x_BLW) : null;
      Tensor y_B1W = scaled(attention.forward(pick.from(normed_BLW), normed_BLW, mask), scale1);
      return scope.keep(perceive(pick.from(x_BLW).add(y_B1W)));
    }
  }

  /** Attention from B×L×W to another sequence, B×S×W. */
  Tensor forward(Tensor x_BLW, Tensor other_BSW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor y_BLW =
          scaled(attention.forward(ln1.forward(x_BLW), ln1kv.forward(other_BSW), null), scale1);
      return scope.keep(perceive(x_BLW.add(y_BLW)));
    }
  }

  private Tensor perceive(Tensor x_BLW) {
    return x_BLW.add(scaled(mlp.forward(ln2.forward(x_BLW)), scale2));
  }

  private static Tensor scaled(Tensor x, LayerScale scale) {
    return scale == null ? x : scale.forward(x);
  }

  /** The type of the perceptron's weights, in which the residual stream of texts runs. */
  torch.ScalarType type() {
    return mlp.first().weight().scalar_type();
  }

  /** CLIP's first weights of text blocks; ViT blocks start with PyTorch's. */
  void initializeAsText(long width, long layers) {
    double residual = Math.pow(width, -0.5) * Math.pow(2.0 * layers, -0.5);
    Init.normal(attention.inWeight(), Math.pow(width, -0.5));
    Init.normal(attention.out().weight(), residual);
    Init.normal(mlp.first().weight(), Math.pow(2.0 * width, -0.5));
    Init.normal(mlp.second().weight(), residual);
  }
}
