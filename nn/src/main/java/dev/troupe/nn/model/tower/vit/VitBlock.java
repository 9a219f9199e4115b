package dev.troupe.nn.model.tower.vit;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.Attention;
import dev.troupe.nn.core.DropPath;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.core.Mlp;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/**
 * A pre-norm transformer block; the MLP is plain, or gated in ViTamin.
 *
 * <p>Shapes: B samples, N tokens, C channels.
 */
final class VitBlock extends Layer {
  private final LayerNorm norm1;
  private final SelfAttention attention;
  private final LayerNorm norm2;
  private final Mlp mlp;
  private final GeGlu geGlu;
  private final DropPath dropPath;

  /** A block with a plain MLP. */
  VitBlock(
      long width, long heads, long hidden, double eps, Activation activation, double dropPath) {
    this(width, heads, eps, dropPath, Mlp.timm(width, hidden, activation), null);
  }

  /** A block of a trunk; ViTamin's is gated. */
  static VitBlock of(VitSpec spec, double dropPath) {
    boolean gated = spec.stem() == VitSpec.Stem.MBCONV;
    long width = spec.width();
    return new VitBlock(
        width,
        spec.heads(),
        spec.eps(),
        dropPath,
        gated ? null : Mlp.timm(width, spec.hidden(), Activation.GELU),
        gated ? new GeGlu(width, spec.hidden()) : null);
  }

  private VitBlock(long width, long heads, double eps, double dropPath, Mlp mlp, GeGlu geGlu) {
    this.norm1 = child("norm1", new LayerNorm(width, eps));
    this.attention = child("attn", new SelfAttention(width, heads));
    this.norm2 = child("norm2", new LayerNorm(width, eps));
    this.geGlu = geGlu == null ? null : child("mlp", geGlu);
    this.mlp = mlp == null ? null : child("mlp", mlp);
    this.dropPath = child("drop_path", new DropPath(dropPath));
  }

  Tensor forward(Tensor x_BNC) {
    try (TensorScope scope = new TensorScope()) {
      Tensor y_BNC = attention.forward(norm1.forward(x_BNC));
      Tensor z_BNC = x_BNC.add(dropPath.forward(y_BNC));
      y_BNC = norm2.forward(z_BNC);
      y_BNC = geGlu == null ? mlp.forward(y_BNC) : geGlu.forward(y_BNC);
      return scope.keep(z_BNC.add(dropPath.forward(y_BNC)));
    }
  }

  /** State {@code qkv} and {@code proj}. */
  private static final class SelfAttention extends Layer {
    private final long heads;
    private final Linear qkv;
    private final Linear proj;

    SelfAttention(long width, long heads) {
      this.heads = heads;
      this.qkv = child("qkv", new Linear(width, 3 * width));
      this.proj = child("proj", new Linear(width, width));
    }

    Tensor forward(Tensor x_BNC) {
      try (TensorScope scope = new TensorScope()) {
        Tensor[] qkv_BHNd = Attention.splitFused(qkv.forward(x_BNC), heads);
        Tensor y_BHNd = Attention.attend(qkv_BHNd[0], qkv_BHNd[1], qkv_BHNd[2], null, false);
        return scope.keep(proj.forward(Attention.join(y_BHNd)));
      }
    }
  }

  /** w2(gelu(w0(x)) · w1(x)) behind one more norm (Shazeer 2020). */
  private static final class GeGlu extends Layer {
    private final LayerNorm norm;
    private final Linear gate;
    private final Linear first;
    private final Linear last;

    GeGlu(long width, long hidden) {
      this.norm = child("norm", new LayerNorm(width, 1e-6));
      this.gate = child("w0", new Linear(width, hidden));
      this.first = child("w1", new Linear(width, hidden));
      this.last = child("w2", new Linear(hidden, width));
    }

    Tensor forward(Tensor x_BNC) {
      try (TensorScope scope = new TensorScope()) {
        Tensor y_BNC = norm.forward(x_BNC);
        Tensor hidden = gate.forward(y_BNC, Activation.GELU).mul(first.forward(y_BNC));
        return scope.keep(last.forward(hidden));
      }
    }
  }
}
