package dev.troupe.nn.model.tower.text;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.Attention;
import dev.troupe.nn.core.Dropout;
import dev.troupe.nn.core.Embedding;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.core.Macs;
import dev.troupe.nn.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * The encoder of mT5 (Xue et al. 2021): pre-norm blocks without biases, scores without scale but
 * with a learned bias for each relative distance, which the first block owns and all share.
 *
 * <p>Shapes: B texts, L tokens, C channels, H heads of d.
 */
final class Mt5 extends TextEncoder {
  private final EncoderSpec spec;
  private final Embedding words;
  private final List<Block> blocks = new ArrayList<>();
  private final RmsNorm norm;
  private final Dropout dropout;

  Mt5(EncoderSpec spec) {
    this.spec = spec;
    this.words = child("embed_tokens", new Embedding(spec.vocabulary(), spec.width()));
    for (int i = 0; i < spec.layers(); i++) {
      blocks.add(child("block." + i, new Block(spec, i == 0)));
    }
    this.norm = child("final_layer_norm", new RmsNorm(spec));
    this.dropout = child("dropout", new Dropout(spec.dropout()));
  }

  @Override
  Tensor forward(Tensor tokens_BL, Tensor real_BL) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BLC = like(blocks.get(0).query, dropout.forward(words.forward(tokens_BL)));
      Tensor distance_1HLL = blocks.get(0).distances.forward(buckets(tokens_BL));
      distance_1HLL = distance_1HLL.permute(2, 0, 1).unsqueeze(0).to(x_BLC.scalar_type());
      Tensor bias_BHLL = distance_1HLL.add(mask(real_BL, x_BLC.scalar_type()));
      for (Block block : blocks) {
        x_BLC = block.forward(x_BLC, bias_BHLL);
      }
      return scope.keep(dropout.forward(norm.forward(x_BLC)));
    }
  }

  /**
   * The bucket of each distance from query to key, L×L: half of the buckets for keys before, half
   * for keys after; in each half the first half is exact, the rest grows logarithmically.
   */
  private Tensor buckets(Tensor tokens_BL) {
    if (tokens_BL.is_meta()) {
      return Macs.shape(tokens_BL, tokens_BL.size(1), tokens_BL.size(1));
    }
    try (TensorScope scope = new TensorScope()) {
      long side = spec.buckets() / 2;
      long exact = side / 2;
      Tensor at_L = torch.arange(new Scalar(tokens_BL.size(1)), tokens_BL.options());
      Tensor to_LL = at_L.unsqueeze(0).sub(at_L.unsqueeze(1));
      Tensor far_LL = to_LL.abs();
      double growth = Math.log((double) spec.furthest() / exact);
      Tensor log_LL = far_LL.to(torch.ScalarType.Float).div(new Scalar((double) exact)).log();
      Tensor step_LL =
          log_LL
              .div(new Scalar(growth))
              .mul(new Scalar((double) (side - exact)))
              .to(torch.ScalarType.Long);
      Tensor coarse_LL =
          step_LL.add(new Scalar(exact)).minimum(torch.full_like(far_LL, new Scalar(side - 1)));
      Tensor bucket_LL = torch.where(far_LL.lt(new Scalar(exact)), far_LL, coarse_LL);
      Tensor after_LL = to_LL.gt(new Scalar(0L)).to(torch.ScalarType.Long);
      return scope.keep(bucket_LL.add(after_LL.mul(new Scalar(side))));
    }
  }

  @Override
  List<List<String>> groups() {
    return groups("embed_tokens.", "block.", blocks.size(), "final_layer_norm.");
  }

  @Override
  public void initialize() {
    super.initialize();
    Init.normal(words.weight(), 1);
  }

  private static final class Block extends Layer {
    private final EncoderSpec spec;
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear out;
    private final Embedding distances;
    private final RmsNorm attentionNorm;
    private final Linear gate;
    private final Linear first;
    private final Linear second;
    private final RmsNorm norm;
    private final Dropout dropout;

    Block(EncoderSpec spec, boolean ownsDistances) {
      this.spec = spec;
      long width = spec.width();
      long inner = spec.heads() * spec.headWidth();
      String attention = "layer.0.SelfAttention.";
      String dense = "layer.1.DenseReluDense.";
      this.query = child(attention + "q", new Linear(width, inner, false));
      this.key = child(attention + "k", new Linear(width, inner, false));
      this.value = child(attention + "v", new Linear(width, inner, false));
      this.out = child(attention + "o", new Linear(inner, width, false));
      this.distances =
          ownsDistances
              ? child(
                  attention + "relative_attention_bias",
                  new Embedding(spec.buckets(), spec.heads()))
              : null;
      this.attentionNorm = child("layer.0.layer_norm", new RmsNorm(spec));
      this.gate = child(dense + "wi_0", new Linear(width, spec.hidden(), false));
      this.first = child(dense + "wi_1", new Linear(width, spec.hidden(), false));
      this.second = child(dense + "wo", new Linear(spec.hidden(), width, false));
      this.norm = child("layer.1.layer_norm", new RmsNorm(spec));
      this.dropout = child("dropout", new Dropout(spec.dropout()));
    }

    Tensor forward(Tensor x_BLC, Tensor bias_BHLL) {
      try (TensorScope scope = new TensorScope()) {
        Tensor y_BLC = attentionNorm.forward(x_BLC);
        // The fused kernel divides scores by √d, which mT5 does not.
        Scalar unscale = new Scalar(Math.sqrt(spec.headWidth()));
        Tensor q_BHLd = Attention.split(query.forward(y_BLC), spec.heads()).mul(unscale);
        Tensor k_BHLd = Attention.split(key.forward(y_BLC), spec.heads());
        Tensor v_BHLd = Attention.split(value.forward(y_BLC), spec.heads());
        Tensor y_BHLd = Attention.attend(q_BHLd, k_BHLd, v_BHLd, bias_BHLL, false, dropout.now());
        Tensor z_BLC = x_BLC.add(dropout.forward(out.forward(Attention.join(y_BHLd))));
        y_BLC = norm.forward(z_BLC);
        Tensor hidden = gate.forward(y_BLC, Activation.GELU_TANH).mul(first.forward(y_BLC));
        return scope.keep(z_BLC.add(dropout.forward(second.forward(dropout.forward(hidden)))));
      }
    }

    @Override
    public void initialize() {
      super.initialize();
      double narrow = 1 / Math.sqrt(spec.width());
      Init.normal(query.weight(), narrow / Math.sqrt(spec.headWidth()));
      Init.normal(key.weight(), narrow);
      Init.normal(value.weight(), narrow);
      Init.normal(out.weight(), 1 / Math.sqrt(spec.heads() * spec.headWidth()));
      Init.normal(gate.weight(), narrow);
      Init.normal(first.weight(), narrow);
      Init.normal(second.weight(), 1 / Math.sqrt(spec.hidden()));
      if (distances != null) {
        Init.normal(distances.weight(), narrow);
      }
    }
  }

  /** Divides by the root mean square of the channels (Zhang and Sennrich 2019); no bias. */
  private static final class RmsNorm extends Layer {
    private final double eps;
    private final Tensor weight_C;

    RmsNorm(EncoderSpec spec) {
      this.eps = spec.eps();
      this.weight_C = parameter("weight", empty(spec.width()));
    }

    Tensor forward(Tensor x_BLC) {
      try (TensorScope scope = new TensorScope()) {
        torch.ScalarType own = weight_C.scalar_type();
        Tensor y_BLC =
            torch.rms_norm(
                x_BLC.to(own),
                new long[] {weight_C.size(0)},
                new TensorOptional(weight_C),
                new DoubleOptional(eps));
        return scope.keep(y_BLC.to(x_BLC.scalar_type()));
      }
    }

    @Override
    public void initialize() {
      Init.constant(weight_C, 1);
    }
  }
}
