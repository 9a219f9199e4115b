package dev.troupe.nn.model;

import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.Macs;
import dev.troupe.nn.torch.TensorScope;
import java.util.List;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * OpenCLIP's Vision Transformer (Dosovitskiy et al. 2021; CLIP: Radford et al. 2021; CLIPA: Li et
 * al. 2023): patches and a class token through a transformer, pooled, normalised and projected.
 *
 * <p>Shapes: B samples, H×W pixels, N patches, L = 1+N tokens, V width, P width after pooling, Q
 * queries, D features.
 */
final class VisionTransformer extends ImageTower {
  private final VisionConfig config;
  private final PatchEmbedding patches;
  private final Tensor class_V;
  private final Tensor position_LV;
  private final PatchDropout dropout;
  private final LayerNorm lnPre;
  private final Transformer transformer;
  private final AttentionalPooler pooler;
  private final LayerNorm lnPost;
  private final Tensor proj_PD;

  VisionTransformer(VisionConfig config, int embedDim, boolean quickGelu) {
    this.config = config;
    long width = config.width();
    long grid =
        (long) (config.imageHeight() / config.patchSize())
            * (config.imageWidth() / config.patchSize());
    long pooled = config.attentionalPool() ? embedDim : width;
    class_V = parameter("class_embedding", empty(width));
    position_LV = parameter("positional_embedding", empty(1 + grid, width));
    proj_PD = parameter("proj", empty(pooled, embedDim));
    if (config.posEmbedType().equals("sin_cos_2d")) {
      position_LV.requires_grad_(false);
    }
    patches = child("conv1", new PatchEmbedding(width, config.patchSize(), false));
    dropout = child("patch_dropout", new PatchDropout(config.patchDropout()));
    lnPre = config.lnPre() ? child("ln_pre", new LayerNorm(width, config.normEps())) : null;
    transformer = child("transformer", new Transformer(TransformerShape.of(config, quickGelu)));
    pooler =
        config.attentionalPool()
            ? child(
                "attn_pool",
                new AttentionalPooler(
                    embedDim, width, config.attnPoolerHeads(), config.attnPoolerQueries()))
            : null;
    lnPost = child("ln_post", new LayerNorm(pooled, config.normEps()));
  }

  @Override
  public long width() {
    return config.width();
  }

  @Override
  public Tensor forward(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BLV = embed(images_BCHW);
      boolean classToken = config.poolType().equals("tok");
      Tensor pooled_BP;
      if (pooler != null) {
        Tensor x_BQP =
            pooler.forward(transformer.forward(x_BLV, (Tensor) null, false), queriesNeeded());
        pooled_BP = pool(lnPost.forward(x_BQP));
      } else if (classToken) { // normalising before or after pooling is the same
        pooled_BP = lnPost.forward(transformer.forward(x_BLV, Pick.position(0), false));
      } else if (config.finalLnAfterPool()) {
        pooled_BP = lnPost.forward(pool(transformer.forward(x_BLV, (Tensor) null, false)));
      } else {
        pooled_BP = pool(lnPost.forward(transformer.forward(x_BLV, (Tensor) null, false)));
      }
      return scope.keep(Transformer.project(pooled_BP, proj_PD));
    }
  }

  @Override
  public Tokens forwardWithTokens(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BLV = transformer.forward(embed(images_BCHW), (Tensor) null, false);
      boolean late = pooler == null && config.finalLnAfterPool();
      Tensor tokens_BLP = pooler == null ? x_BLV : pooler.forward(x_BLV);
      tokens_BLP = late ? tokens_BLP : lnPost.forward(tokens_BLP);
      Tensor pooled_BP = pool(tokens_BLP);
      pooled_BP = late ? lnPost.forward(pooled_BP) : pooled_BP;
      return new Tokens(
          scope.keep(Transformer.project(pooled_BP, proj_PD)),
          scope.keep(tokens_BLP.narrow(1, 1, tokens_BLP.size(1) - 1)));
    }
  }

  private Tensor embed(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor patches_BNV = patches.forward(images_BCHW);
      torch.ScalarType type = patches_BNV.scalar_type();
      Tensor class_B1V = class_V.to(type).view(1, 1, -1).expand(patches_BNV.size(0), -1, -1);
      Tensor x_BLV = torch.cat(new TensorVector(class_B1V, patches_BNV), 1);
      x_BLV = dropout.forward(x_BLV.add(position_LV.to(type)));
      return scope.keep(lnPre == null ? x_BLV : lnPre.forward(x_BLV));
    }
  }

  /** The first token, or the mean of the others. */
  private Tensor pool(Tensor x_BLP) {
    if (config.poolType().equals("tok")) {
      return x_BLP.select(1, 0);
    }
    try (TensorScope scope = new TensorScope()) {
      return scope.keep(x_BLP.narrow(1, 1, x_BLP.size(1) - 1).mean(1));
    }
  }

  private long queriesNeeded() {
    boolean first = config.poolType().equals("tok") && !Macs.counting(); // counts are of all
    return first ? 1 : config.attnPoolerQueries();
  }

  @Override
  public void initialize() {
    super.initialize();
    double scale = Math.pow(config.width(), -0.5);
    Init.normal(class_V, scale);
    Init.normal(proj_PD, scale);
    if (config.posEmbedType().equals("sin_cos_2d")) {
      int grid = config.imageHeight() / config.patchSize();
      try (TensorScope scope = new TensorScope();
          NoGradGuard guard = new NoGradGuard()) {
        position_LV.copy_(SinCosEmbedding.of(config.width(), grid));
      }
    } else {
      Init.normal(position_LV, scale);
    }
  }

  @Override
  public List<List<String>> lockGroups() {
    return Transformer.lockGroups(
        config.layers().get(0),
        List.of("conv1.", "class_embedding", "positional_embedding", "ln_pre."),
        "ln_post.",
        "proj");
  }
}
