package dev.troupe.nn.model.tower.eva;

import dev.troupe.nn.core.Attention;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.model.tower.trunk.RotaryTable;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Self-attention in EVA's three forms: one projection {@code qkv} whose keys have no bias ({@code
 * q_bias, v_bias}); three projections {@code q_proj, k_proj, v_proj}, the second without bias, and
 * a {@code norm} before the last; or one projection with a plain bias.
 *
 * <p>Shapes: B samples, N tokens, C channels, H heads of d.
 */
final class EvaAttention extends Layer {
  private final long heads;
  private final Linear qkv;
  private final Tensor qBias_C;
  private final Tensor vBias_C;
  private final Linear q;
  private final Linear k;
  private final Linear v;
  private final LayerNorm norm;
  private final Linear proj;

  EvaAttention(EvaSpec spec) {
    long width = spec.width();
    boolean split = spec.kind() == EvaSpec.Kind.EVA02;
    boolean plain = spec.kind() == EvaSpec.Kind.PE_CORE;
    this.heads = spec.heads();
    this.qBias_C = split || plain ? null : parameter("q_bias", empty(width));
    this.vBias_C = split || plain ? null : parameter("v_bias", empty(width));
    this.qkv = split ? null : child("qkv", new Linear(width, 3 * width, plain));
    this.q = split ? child("q_proj", new Linear(width, width)) : null;
    this.k = split ? child("k_proj", new Linear(width, width, false)) : null;
    this.v = split ? child("v_proj", new Linear(width, width)) : null;
    this.norm = split ? child("norm", new LayerNorm(width, spec.eps())) : null;
    this.proj = child("proj", new Linear(width, width));
  }

  /**
   * Attends.
   *
   * @param rope rows of the rotary table, or null
   */
  Tensor forward(Tensor x_BNC, Tensor rope) {
    try (TensorScope scope = new TensorScope()) {
      Tensor[] qkv_BHNd = project(x_BNC);
      if (rope != null) {
        qkv_BHNd[0] = RotaryTable.rotate(qkv_BHNd[0], rope);
        qkv_BHNd[1] = RotaryTable.rotate(qkv_BHNd[1], rope);
      }
      Tensor y_BNC =
          Attention.join(Attention.attend(qkv_BHNd[0], qkv_BHNd[1], qkv_BHNd[2], null, false));
      return scope.keep(proj.forward(norm == null ? y_BNC : norm.forward(y_BNC)));
    }
  }

  private Tensor[] project(Tensor x_BNC) {
    if (qkv == null) {
      return new Tensor[] {
        Attention.split(q.forward(x_BNC), heads),
        Attention.split(k.forward(x_BNC), heads),
        Attention.split(v.forward(x_BNC), heads)
      };
    }
    if (qBias_C == null) {
      return Attention.splitFused(qkv.forward(x_BNC), heads);
    }
    Tensor bias_3C =
        torch.cat(new TensorVector(qBias_C, qBias_C.new_zeros(qBias_C.size(0)), vBias_C));
    return Attention.splitFused(qkv.forward(x_BNC, bias_3C), heads);
  }

  Linear proj() {
    return proj;
  }

  @Override
  public void initialize() {
    super.initialize();
    if (qBias_C != null) {
      Init.constant(qBias_C, 0);
      Init.constant(vBias_C, 0);
    }
  }
}
