package dev.troupe.nn.core;

import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Multi-head attention with the state of PyTorch's {@code nn.MultiheadAttention}: {@code
 * in_proj_weight} (3W×W, queries, keys, values) or, when keys have another width, {@code
 * q/k/v_proj_weight}; {@code in_proj_bias} (3W); {@code out_proj.weight}, {@code out_proj.bias}.
 *
 * <p>Shapes: B samples, L queries, S keys, W width of the queries, K width of the keys.
 */
public final class MultiheadAttention extends Layer {
  private final long width;
  private final long heads;
  private final Tensor inWeight;
  private final Tensor[] separate;
  private final Tensor inBias;
  private final Linear out;

  /** Attention of {@code heads} heads within tokens of {@code width} values. */
  public MultiheadAttention(long width, long heads) {
    this(width, width, heads);
  }

  /** Attention of queries of {@code width} values to keys of {@code keyWidth} values. */
  public MultiheadAttention(long width, long keyWidth, long heads) {
    this.width = width;
    this.heads = heads;
    if (keyWidth == width) {
      this.inWeight = parameter("in_proj_weight", empty(3 * width, width));
      this.separate = null;
    } else {
      this.inWeight = null;
      this.separate =
          new Tensor[] {
            parameter("q_proj_weight", empty(width, width)),
            parameter("k_proj_weight", empty(width, keyWidth)),
            parameter("v_proj_weight", empty(width, keyWidth))
          };
    }
    this.inBias = parameter("in_proj_bias", empty(3 * width));
    this.out = child("out_proj", new Linear(width, width));
  }

  /**
   * Self-attention.
   *
   * @param x_BLW tokens
   * @param mask added to the scores, broadcast to B×H×L×L, or null
   * @param causal whether a token sees only itself and those before it
   * @return B×L×W
   */
  public Tensor forward(Tensor x_BLW, Tensor mask, boolean causal) {
    try (TensorScope scope = new TensorScope()) {
      Tensor qkv_BL3W = Product.linear(this, x_BLW, inWeight, inBias);
      Tensor[] qkv = Attention.splitFused(qkv_BL3W, heads);
      Tensor y_BHLd = Attention.attend(qkv[0], qkv[1], qkv[2], mask, causal);
      return scope.keep(out.forward(Attention.join(y_BHLd)));
    }
  }

  /**
   * Attention of one sequence to another.
   *
   * @param q_BLW where queries come from
   * @param kv_BSK where keys and values come from
   * @param mask added to the scores, broadcast to B×H×L×S, or null
   * @return B×L×W
   */
  public Tensor forward(Tensor q_BLW, Tensor kv_BSK, Tensor mask) {
    try (TensorScope scope = new TensorScope()) {
      Tensor q_BHLd = Attention.split(project(q_BLW, 0, 1), heads);
      Tensor k_BHSd;
      Tensor v_BHSd;
      if (separate == null) {
        Tensor kv_BS2W = project(kv_BSK, 1, 2);
        k_BHSd = Attention.split(kv_BS2W.narrow(2, 0, width), heads);
        v_BHSd = Attention.split(kv_BS2W.narrow(2, width, width), heads);
      } else {
        k_BHSd = Attention.split(project(kv_BSK, 1, 1), heads);
        v_BHSd = Attention.split(project(kv_BSK, 2, 1), heads);
      }
      Tensor y_BHLd = Attention.attend(q_BHLd, k_BHSd, v_BHSd, mask, false);
      return scope.keep(out.forward(Attention.join(y_BHLd)));
    }
  }

  /** Applies {@code count} of the three projections, starting with {@code first}, at once. */
  private Tensor project(Tensor x, int first, int count) {
    Tensor weight =
        separate != null ? separate[first] : inWeight.narrow(0, first * width, count * width);
    return Product.linear(this, x, weight, inBias.narrow(0, first * width, count * width));
  }

  /** The fused projection 3W×W, or null when keys have their own width. */
  public Tensor inWeight() {
    return inWeight;
  }

  /** The projection of the joined heads. */
  public Linear out() {
    return out;
  }

  @Override
  public void initialize() {
    super.initialize();
    if (inWeight != null) {
      Init.xavierUniform(inWeight, width, 3 * width);
    } else {
      for (Tensor weight : separate) {
        Init.xavierUniform(weight, weight.size(1), width);
      }
    }
    Init.constant(inBias, 0);
    Init.constant(out.bias(), 0);
  }
}
