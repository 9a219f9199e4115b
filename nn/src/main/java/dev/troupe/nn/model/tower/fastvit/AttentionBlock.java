package dev.troupe.nn.model.tower.fastvit;

import dev.troupe.nn.core.Attention;
import dev.troupe.nn.core.BatchNorm2d;
import dev.troupe.nn.core.DropPath;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/**
 * A metaformer block that mixes places by attention: x + γ₁·attention(norm(x)), then x + γ₂·MLP(x).
 *
 * <p>Shapes: B samples, C channels, H×W = N places.
 */
final class AttentionBlock extends Layer {
  private final BatchNorm2d batchNorm;
  private final LayerNorm channelNorm;
  private final SelfAttention attention;
  private final GridScale attentionScale;
  private final ConvMlp mlp;
  private final GridScale mlpScale;
  private final DropPath dropPath;

  AttentionBlock(FastVit.Spec spec, long width, double dropPath) {
    this.batchNorm = spec.channelNorm() ? null : child("norm", new BatchNorm2d(width));
    this.channelNorm = spec.channelNorm() ? child("norm", new LayerNorm(width, 1e-5)) : null;
    this.attention = child("token_mixer", new SelfAttention(width));
    this.attentionScale = child("layer_scale_1", new GridScale(width));
    this.mlp = child("mlp", new ConvMlp(width, spec.mlpRatio() * width));
    this.mlpScale = child("layer_scale_2", new GridScale(width));
    this.dropPath = child("drop_path", new DropPath(dropPath));
  }

  Tensor forward(Tensor x_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor normed =
          batchNorm != null ? batchNorm.forward(x_BCHW) : channelNorm.overChannels(x_BCHW);
      Tensor y_BCHW = attentionScale.forward(attention.forward(normed));
      Tensor z_BCHW = x_BCHW.add(dropPath.forward(y_BCHW));
      y_BCHW = mlpScale.forward(mlp.forward(z_BCHW));
      return scope.keep(z_BCHW.add(dropPath.forward(y_BCHW)));
    }
  }

  /** Heads of 32 channels; state {@code qkv}, without bias, and {@code proj}. */
  private static final class SelfAttention extends Layer {
    private static final long HEAD = 32;

    private final long heads;
    private final Linear qkv;
    private final Linear proj;

    SelfAttention(long width) {
      this.heads = width / HEAD;
      this.qkv = child("qkv", new Linear(width, 3 * width, false));
      this.proj = child("proj", new Linear(width, width));
    }

    Tensor forward(Tensor x_BCHW) {
      try (TensorScope scope = new TensorScope()) {
        Tensor x_BNC = x_BCHW.flatten(2, 3).transpose(1, 2);
        Tensor[] qkv_BHNd = Attention.splitFused(qkv.forward(x_BNC), heads);
        Tensor y_BHNd = Attention.attend(qkv_BHNd[0], qkv_BHNd[1], qkv_BHNd[2], null, false);
        Tensor y_BNC = proj.forward(Attention.join(y_BHNd));
        return scope.keep(
            y_BNC
                .transpose(1, 2)
                .reshape(x_BCHW.size(0), x_BCHW.size(1), x_BCHW.size(2), x_BCHW.size(3)));
      }
    }
  }
}
