package dev.troupe.nn.model;

import dev.troupe.nn.core.Embedding;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.torch.TensorScope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * OpenCLIP's text transformer (Radford et al. 2021): token and position embeddings through a
 * transformer, causal or not; one token a text is normalised and projected.
 *
 * <p>Shapes: B samples, L tokens, T width, D features.
 */
final class TextTransformer extends TextTower {
  private final TextConfig config;
  private final Embedding embedding;
  private final Tensor class_T;
  private final Tensor position_LT;
  private final Transformer transformer;
  private final LayerNorm lnFinal;
  private final Tensor projection_TD;
  private final Linear projection;

  TextTransformer(TextConfig config, int embedDim, boolean quickGelu) {
    this.config = config;
    long width = config.width();
    class_T = config.embedCls() ? parameter("cls_emb", empty(width)) : null;
    position_LT =
        parameter(
            "positional_embedding",
            empty(config.contextLength() + (config.embedCls() ? 1 : 0), width));
    boolean matrix = config.projection() && !config.projBias();
    projection_TD = matrix ? parameter("text_projection", empty(width, embedDim)) : null;
    embedding = child("token_embedding", new Embedding(config.vocabSize(), width));
    transformer = child("transformer", new Transformer(TransformerShape.of(config, quickGelu)));
    lnFinal = child("ln_final", new LayerNorm(width, config.normEps()));
    projection =
        config.projection() && config.projBias()
            ? child("text_projection", new Linear(width, embedDim))
            : null;
  }

  @Override
  public Tensor forward(Tensor tokens_BL) {
    if (class_T != null) {
      return forwardWithTokens(tokens_BL).pooled();
    }
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BLT = embed(tokens_BL);
      Tensor pooled_BT = transformer.forward(x_BLT, pick(tokens_BL), config.causal());
      return scope.keep(project(lnFinal.forward(pooled_BT)));
    }
  }

  @Override
  public Tokens forwardWithTokens(Tensor tokens_BL) {
    try (TensorScope scope = new TensorScope()) {
      long length = tokens_BL.size(1);
      if (class_T == null) {
        Tensor all_BLT = transformer.forward(embed(tokens_BL), (Tensor) null, config.causal());
        Tensor normed_BLT = lnFinal.forward(all_BLT);
        Tensor pooled_BT = pick(tokens_BL).from(normed_BLT).squeeze(1);
        return new Tokens(scope.keep(project(pooled_BT)), scope.keep(normed_BLT));
      }
      Tensor x_BLT = transformer.forward(embed(tokens_BL), classMask(tokens_BL), false);
      Tensor pooled_BT = lnFinal.forward(x_BLT.select(1, length));
      return new Tokens(scope.keep(project(pooled_BT)), scope.keep(x_BLT.narrow(1, 0, length)));
    }
  }

  private Tensor embed(Tensor tokens_BL) {
    try (TensorScope scope = new TensorScope()) {
      torch.ScalarType type = transformer.blocks().get(0).type();
      Tensor x_BLT = embedding.forward(tokens_BL).to(type);
      if (class_T != null) {
        Tensor class_B1T = class_T.to(type).view(1, 1, -1).expand(tokens_BL.size(0), -1, -1);
        x_BLT = torch.cat(new TensorVector(x_BLT, class_B1T), 1);
      }
      return scope.keep(x_BLT.add(position_LT.narrow(0, 0, x_BLT.size(1)).to(type)));
    }
  }

  private Pick pick(Tensor tokens_BL) {
    switch (config.poolType()) {
      case "argmax":
        return Pick.largest(tokens_BL);
      case "eos":
        return Pick.first(tokens_BL, config.eosId());
      case "last":
        return Pick.position(tokens_BL.size(1) - 1);
      default:
        return Pick.position(0);
    }
  }

  /**
   * Who may look where when a class token stands at the end: B×1×L×L, true to look. OpenCLIP's
   * weights were trained with the class token's validity in front, so that each padding flag
   * belongs to the position after its own; this is kept.
   */
  private Tensor classMask(Tensor tokens_BL) {
    try (TensorScope scope = new TensorScope()) {
      Tensor real_BL = tokens_BL.ne(new Scalar((long) config.padId()));
      Tensor one_B1 = torch.ones_like(real_BL.narrow(1, 0, 1));
      Tensor keys_BL = torch.cat(new TensorVector(one_B1, real_BL), 1);
      long length = keys_BL.size(1);
      Tensor keys_B11L = keys_BL.view(-1, 1, 1, length);
      if (!config.causal()) {
        return scope.keep(keys_B11L.expand(-1, 1, length, length));
      }
      Tensor causal_LL = torch.ones(new long[] {length, length}, keys_BL.options()).tril();
      return scope.keep(keys_B11L.bitwise_and(causal_LL));
    }
  }

  private Tensor project(Tensor x_BT) {
    if (projection != null) {
      return projection.forward(x_BT);
    }
    return projection_TD == null ? x_BT : Transformer.project(x_BT, projection_TD);
  }

  @Override
  public int usedTokens(int longestCaption, int contextLength) {
    boolean endDecides = config.poolType().equals("argmax") || config.poolType().equals("eos");
    return config.causal() && endDecides && class_T == null
        ? Math.min(longestCaption, contextLength)
        : contextLength;
  }

  @Override
  public void initialize() {
    super.initialize();
    double std = Math.pow(config.width(), -0.5);
    Init.normal(embedding.weight(), 0.02);
    Init.normal(position_LT, 0.01);
    if (class_T != null) {
      Init.normal(class_T, 0.01);
    }
    transformer.blocks().forEach(b -> b.initializeAsText(config.width(), config.layers()));
    if (projection != null) {
      Init.normal(projection.weight(), std);
      Init.constant(projection.bias(), 0);
    } else if (projection_TD != null) {
      Init.normal(projection_TD, std);
    }
  }

  @Override
  public List<List<String>> lockGroups() {
    return Transformer.lockGroups(
        config.layers(),
        List.of("token_embedding.", "positional_embedding", "cls_emb"),
        "ln_final.",
        config.projection() ? "text_projection" : null);
  }
}
