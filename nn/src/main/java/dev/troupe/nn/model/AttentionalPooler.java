package dev.troupe.nn.model;

import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.MultiheadAttention;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Pools tokens by attention from learned queries (Yu et al. 2022, CoCa); state {@code query},
 * {@code attn}, {@code ln_q}, {@code ln_k}.
 *
 * <p>Shapes: B samples, L tokens of width W, Q queries of width D.
 */
final class AttentionalPooler extends Layer {
  private final Tensor query_QD;
  private final MultiheadAttention attention;
  private final LayerNorm normQuery;
  private final LayerNorm normTokens;

  AttentionalPooler(long outWidth, long width, long heads, long queries) {
    this.query_QD = parameter("query", empty(queries, outWidth));
    this.attention = child("attn", new MultiheadAttention(outWidth, width, heads));
    this.normQuery = child("ln_q", new LayerNorm(outWidth));
    this.normTokens = child("ln_k", new LayerNorm(width));
  }

  /** Pools B×L×W to B×Q×D. */
  Tensor forward(Tensor x_BLW) {
    return forward(x_BLW, query_QD.size(0));
  }

  /** Pools B×L×W by the first {@code queries} queries alone. */
  Tensor forward(Tensor x_BLW, long queries) {
    try (TensorScope scope = new TensorScope()) {
      Tensor q_QD = normQuery.forward(query_QD.narrow(0, 0, queries));
      Tensor q_BQD = q_QD.to(x_BLW.scalar_type()).unsqueeze(0).expand(x_BLW.size(0), -1, -1);
      return scope.keep(attention.forward(q_BQD, normTokens.forward(x_BLW), null));
    }
  }

  @Override
  public void initialize() {
    super.initialize();
    Init.normal(query_QD, 1);
  }
}
