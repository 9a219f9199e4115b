package dev.troupe.nn.model.tower.text;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.Attention;
import dev.troupe.nn.core.Dropout;
import dev.troupe.nn.core.Embedding;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The encoder of M2M100 (Fan et al. 2020) and NLLB (Costa-jussà et al. 2022): scaled embeddings,
 * sinusoidal positions, pre-norm blocks with ReLU, a norm at the end.
 *
 * <p>Shapes: B texts, L tokens, C channels, H heads of d.
 */
final class M2m100 extends TextEncoder {
  private final EncoderSpec spec;
  private final Embedding words;
  private final Tensor positions_PC;
  private final Dropout dropout;
  private final List<Block> blocks = new ArrayList<>();
  private final LayerNorm norm;

  M2m100(EncoderSpec spec) {
    this.spec = spec;
    long rows = spec.positions() + 2;
    this.words = child("embed_tokens", new Embedding(spec.vocabulary(), spec.width()));
    this.positions_PC = constant(sinusoids(spec, (int) rows), rows, spec.width());
    this.dropout = child("dropout", new Dropout(spec.dropout()));
    for (int i = 0; i < spec.layers(); i++) {
      blocks.add(child("layers." + i, new Block(spec)));
    }
    this.norm = child("layer_norm", new LayerNorm(spec.width(), spec.eps()));
  }

  /** All sines, then all cosines, of a position times falling frequencies; 0 for padding. */
  private static float[] sinusoids(EncoderSpec spec, int rows) {
    int width = (int) spec.width();
    int half = width / 2;
    double[] frequencies = new double[half];
    for (int i = 0; i < half; i++) {
      frequencies[i] = (float) Math.exp(-i * Math.log(10_000) / (half - 1));
    }
    float[] table = new float[rows * width];
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < half && row != spec.pad(); i++) {
        float angle = (float) (row * frequencies[i]);
        table[row * width + i] = (float) Math.sin(angle);
        table[row * width + half + i] = (float) Math.cos(angle);
      }
    }
    return table;
  }

  @Override
  Tensor forward(Tensor tokens_BL, Tensor real_BL) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BLC = words.forward(tokens_BL);
      if (spec.scaleEmbedding()) {
        x_BLC = x_BLC.mul(new Scalar(Math.sqrt(spec.width())));
      }
      Tensor position_BLC = Embedding.lookUp(positions_PC, positions(real_BL, spec.pad()));
      x_BLC = x_BLC.add(position_BLC.to(x_BLC.scalar_type()));
      x_BLC = like(blocks.get(0).query, dropout.forward(x_BLC));
      Tensor mask_B11L = mask(real_BL, x_BLC.scalar_type());
      for (Block block : blocks) {
        x_BLC = block.forward(x_BLC, mask_B11L);
      }
      return scope.keep(norm.forward(x_BLC));
    }
  }

  @Override
  List<List<String>> groups() {
    return groups("embed_tokens.", "layers.", blocks.size(), "layer_norm.");
  }

  @Override
  public void initialize() {
    super.initialize();
    Init.each(
        this,
        Linear.class,
        linear -> {
          Init.normal(linear.weight(), STD);
          Init.constant(linear.bias(), 0);
        });
    table(words.weight(), spec.pad());
  }

  private static final class Block extends Layer {
    private final long heads;
    private final Linear key;
    private final Linear value;
    private final Linear query;
    private final Linear out;
    private final LayerNorm attentionNorm;
    private final Linear first;
    private final Linear second;
    private final LayerNorm norm;
    private final Dropout attentionDropout;
    private final Dropout dropout;

    Block(EncoderSpec spec) {
      long width = spec.width();
      this.heads = spec.heads();
      this.key = child("self_attn.k_proj", new Linear(width, width));
      this.value = child("self_attn.v_proj", new Linear(width, width));
      this.query = child("self_attn.q_proj", new Linear(width, width));
      this.out = child("self_attn.out_proj", new Linear(width, width));
      this.attentionNorm = child("self_attn_layer_norm", new LayerNorm(width, spec.eps()));
      this.first = child("fc1", new Linear(width, spec.hidden()));
      this.second = child("fc2", new Linear(spec.hidden(), width));
      this.norm = child("final_layer_norm", new LayerNorm(width, spec.eps()));
      this.attentionDropout = child("self_attn.dropout", new Dropout(spec.attentionDropout()));
      this.dropout = child("dropout", new Dropout(spec.dropout()));
    }

    Tensor forward(Tensor x_BLC, Tensor mask_B11L) {
      try (TensorScope scope = new TensorScope()) {
        Tensor y_BLC = attentionNorm.forward(x_BLC);
        Tensor q_BHLd = Attention.split(query.forward(y_BLC), heads);
        Tensor k_BHLd = Attention.split(key.forward(y_BLC), heads);
        Tensor v_BHLd = Attention.split(value.forward(y_BLC), heads);
        Tensor y_BHLd =
            Attention.attend(q_BHLd, k_BHLd, v_BHLd, mask_B11L, false, attentionDropout.now());
        Tensor z_BLC = x_BLC.add(dropout.forward(out.forward(Attention.join(y_BHLd))));
        y_BLC = second.forward(Activation.RELU.apply(first.forward(norm.forward(z_BLC))));
        return scope.keep(z_BLC.add(dropout.forward(y_BLC)));
      }
    }
  }
}
