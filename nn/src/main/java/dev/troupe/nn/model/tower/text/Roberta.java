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
import org.bytedeco.pytorch.Tensor;

/**
 * RoBERTa (Liu et al. 2019) and XLM-RoBERTa (Conneau et al. 2020): learned positions and post-norm
 * blocks.
 *
 * <p>Shapes: B texts, L tokens, C channels, H heads of d.
 */
final class Roberta extends TextEncoder {
  private final EncoderSpec spec;
  private final Embedding words;
  private final Embedding positions;
  private final Embedding types;
  private final LayerNorm norm;
  private final Dropout dropout;
  private final List<Block> blocks = new ArrayList<>();
  private final Linear pooler;

  /**
   * Builds the encoder.
   *
   * @param pooled whether it has its own pooling of the first token
   */
  Roberta(EncoderSpec spec, boolean pooled) {
    this.spec = spec;
    long width = spec.width();
    this.words = child("embeddings.word_embeddings", new Embedding(spec.vocabulary(), width));
    this.types = child("embeddings.token_type_embeddings", new Embedding(spec.types(), width));
    this.norm = child("embeddings.LayerNorm", new LayerNorm(width, spec.eps()));
    this.positions =
        child(
            "embeddings.position_embeddings",
            new Embedding(spec.positions() + spec.pad() + 1, width));
    this.dropout = child("embeddings.dropout", new Dropout(spec.dropout()));
    for (int i = 0; i < spec.layers(); i++) {
      blocks.add(child("encoder.layer." + i, new Block(spec)));
    }
    this.pooler = pooled ? child("pooler.dense", new Linear(width, width)) : null;
  }

  @Override
  Tensor forward(Tensor tokens_BL, Tensor real_BL) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BLC = words.forward(tokens_BL).add(types.weight().select(0, 0));
      x_BLC = x_BLC.add(positions.forward(positions(real_BL, spec.pad())));
      x_BLC = like(blocks.get(0).query, dropout.forward(norm.forward(x_BLC)));
      Tensor mask_B11L = mask(real_BL, x_BLC.scalar_type());
      for (Block block : blocks) {
        x_BLC = block.forward(x_BLC, mask_B11L);
      }
      return scope.keep(x_BLC);
    }
  }

  @Override
  Tensor poolFirst(Tensor x_BLC) {
    try (TensorScope scope = new TensorScope()) {
      return pooler == null ? null : scope.keep(pooler.forward(x_BLC.select(1, 0)).tanh());
    }
  }

  @Override
  List<List<String>> groups() {
    return groups("embeddings.", "encoder.layer.", blocks.size(), "pooler.");
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
    table(positions.weight(), spec.pad());
    Init.normal(types.weight(), STD);
  }

  private static final class Block extends Layer {
    private final long heads;
    private final Linear query;
    private final Linear key;
    private final Linear value;
    private final Linear attended;
    private final LayerNorm attentionNorm;
    private final Linear first;
    private final Linear second;
    private final LayerNorm norm;
    private final Dropout attentionDropout;
    private final Dropout dropout;

    Block(EncoderSpec spec) {
      long width = spec.width();
      this.heads = spec.heads();
      this.query = child("attention.self.query", new Linear(width, width));
      this.key = child("attention.self.key", new Linear(width, width));
      this.value = child("attention.self.value", new Linear(width, width));
      this.attended = child("attention.output.dense", new Linear(width, width));
      this.attentionNorm = child("attention.output.LayerNorm", new LayerNorm(width, spec.eps()));
      this.first = child("intermediate.dense", new Linear(width, spec.hidden()));
      this.second = child("output.dense", new Linear(spec.hidden(), width));
      this.norm = child("output.LayerNorm", new LayerNorm(width, spec.eps()));
      this.attentionDropout = child("attention.dropout", new Dropout(spec.attentionDropout()));
      this.dropout = child("dropout", new Dropout(spec.dropout()));
    }

    Tensor forward(Tensor x_BLC, Tensor mask_B11L) {
      try (TensorScope scope = new TensorScope()) {
        Tensor q_BHLd = Attention.split(query.forward(x_BLC), heads);
        Tensor k_BHLd = Attention.split(key.forward(x_BLC), heads);
        Tensor v_BHLd = Attention.split(value.forward(x_BLC), heads);
        Tensor y_BHLd =
            Attention.attend(q_BHLd, k_BHLd, v_BHLd, mask_B11L, false, attentionDropout.now());
        Tensor y_BLC = dropout.forward(attended.forward(Attention.join(y_BHLd)));
        Tensor z_BLC = attentionNorm.forward(y_BLC.add(x_BLC));
        y_BLC = second.forward(first.forward(z_BLC, Activation.GELU));
        return scope.keep(norm.forward(dropout.forward(y_BLC).add(z_BLC)));
      }
    }
  }
}
