package dev.troupe.nn.model.tower.eva;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.DropPath;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.core.Mlp;
import dev.troupe.nn.torch.TensorScope;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * A transformer block with its norms before ({@code x + f(norm(x))}) or after ({@code x +
 * norm(f(x))}) attention and MLP.
 *
 * <p>Shapes: B samples, N tokens, C channels.
 */
final class EvaBlock extends Layer {
  private final boolean normAfter;
  private final LayerNorm norm1;
  private final EvaAttention attention;
  private final LayerNorm norm2;
  private final Mlp mlp;
  private final SwiGlu swiGlu;
  private final DropPath dropPath;

  EvaBlock(EvaSpec spec, double dropPath) {
    this.normAfter = spec.kind() == EvaSpec.Kind.EVA02_POST;
    boolean gated = spec.kind() == EvaSpec.Kind.EVA02;
    EvaAttention attention = new EvaAttention(spec);
    LayerNorm norm1 = new LayerNorm(spec.width(), spec.eps());
    LayerNorm norm2 = new LayerNorm(spec.width(), spec.eps());
    if (normAfter) {
      child("attn", attention);
      child("norm1", norm1);
    } else {
      child("norm1", norm1);
      child("attn", attention);
      child("norm2", norm2);
    }
    this.swiGlu = gated ? child("mlp", new SwiGlu(spec)) : null;
    this.mlp = gated ? null : child("mlp", Mlp.timm(spec.width(), spec.hidden(), Activation.GELU));
    if (normAfter) {
      child("norm2", norm2);
    }
    this.attention = attention;
    this.norm1 = norm1;
    this.norm2 = norm2;
    this.dropPath = child("drop_path", new DropPath(dropPath));
  }

  Tensor forward(Tensor x_BNC, Tensor rope) {
    try (TensorScope scope = new TensorScope()) {
      Tensor y_BNC =
          normAfter
              ? norm1.forward(attention.forward(x_BNC, rope))
              : attention.forward(norm1.forward(x_BNC), rope);
      Tensor z_BNC = x_BNC.add(dropPath.forward(y_BNC));
      y_BNC = normAfter ? norm2.forward(perceive(z_BNC)) : perceive(norm2.forward(z_BNC));
      return scope.keep(z_BNC.add(dropPath.forward(y_BNC)));
    }
  }

  private Tensor perceive(Tensor x_BNC) {
    return swiGlu == null ? mlp.forward(x_BNC) : swiGlu.forward(x_BNC);
  }

  /** The last maps of the two residual branches, which start smaller in deeper blocks. */
  List<Linear> lastLinears() {
    return List.of(attention.proj(), swiGlu == null ? mlp.second() : swiGlu.last());
  }
}
