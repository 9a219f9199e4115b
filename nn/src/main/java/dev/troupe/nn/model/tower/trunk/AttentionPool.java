package dev.troupe.nn.model.tower.trunk;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.Attention;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.core.Mlp;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Pooling by attention from one learned query, followed by a residual MLP (Lee et al. 2019; timm's
 * {@code AttentionPoolLatent}); state {@code latent}, {@code q}, {@code kv}, {@code proj}, {@code
 * norm}, {@code mlp}.
 *
 * <p>Shapes: B samples, N tokens, C channels, H heads of d values.
 */
public final class AttentionPool extends Layer {
  private final long heads;
  private final long width;
  private final Tensor latent_11C;
  private final Linear q;
  private final Linear kv;
  private final Linear proj;
  private final LayerNorm norm;
  private final Mlp mlp;

  /** Pools tokens of {@code width} channels. */
  public AttentionPool(long width, long heads, long hidden, double eps, Activation activation) {
    this.heads = heads;
    this.width = width;
    this.latent_11C = parameter("latent", empty(1, 1, width));
    this.q = child("q", new Linear(width, width));
    this.kv = child("kv", new Linear(width, 2 * width));
    this.proj = child("proj", new Linear(width, width));
    this.norm = child("norm", new LayerNorm(width, eps));
    this.mlp = child("mlp", Mlp.timm(width, hidden, activation));
  }

  /** Pools B×N×C to B×C. */
  public Tensor forward(Tensor x_BNC) {
    try (TensorScope scope = new TensorScope()) {
      Tensor kv_BN2C = kv.forward(x_BNC);
      Tensor q_BHLd = Attention.split(q.forward(latent_11C.expand(x_BNC.size(0), -1, -1)), heads);
      Tensor k_BHNd = Attention.split(kv_BN2C.narrow(2, 0, width), heads);
      Tensor v_BHNd = Attention.split(kv_BN2C.narrow(2, width, width), heads);
      Tensor y_BHLd = Attention.attend(q_BHLd, k_BHNd, v_BHNd, null, false);
      Tensor x_BLC = proj.forward(Attention.join(y_BHLd));
      return scope.keep(x_BLC.add(mlp.forward(norm.forward(x_BLC))).select(1, 0));
    }
  }

  @Override
  public void initialize() {
    super.initialize();
    Init.each(this, Linear.class, TimmInit::linear);
    Init.cutNormal(latent_11C, 1 / Math.sqrt(width));
  }
}
