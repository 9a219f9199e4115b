package dev.troupe.nn.model.tower.vit;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.model.PatchEmbedding;
import dev.troupe.nn.model.tower.trunk.AttentionPool;
import dev.troupe.nn.model.tower.trunk.PatchDropout;
import dev.troupe.nn.model.tower.trunk.Pooling;
import dev.troupe.nn.model.tower.trunk.TimmInit;
import dev.troupe.nn.model.tower.trunk.Trunk;
import dev.troupe.nn.model.tower.trunk.TrunkSettings;
import dev.troupe.nn.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * timm's vision transformer (Dosovitskiy et al. 2021) behind one of three stems: plain patches
 * (CLIP's own ViT), three strided convolutions (MobileCLIP-B, Vasu et al. 2024), or two stages of
 * MBConv blocks (ViTamin, Chen et al. 2024).
 *
 * <p>Shapes: B samples, N tokens (P class tokens, then the grid row by row), C channels, D outputs.
 */
public final class VitTrunk extends Trunk {
  private final long prefix;
  private final boolean positionForClass;
  private final long width;
  private final long outputs;
  private final Tensor cls_11C;
  private final Tensor positions_1NC;
  private final PatchEmbedding patches;
  private final ConvStem convStem;
  private final MbConvStem mbConvStem;
  private final PatchDropout patchDropout;
  private final LayerNorm normBefore;
  private final List<VitBlock> blocks = new ArrayList<>();
  private final Pooling pooling;
  private final LayerNorm norm;
  private final AttentionPool attentionPool;
  private final LayerNorm normAfterPool;
  private final Linear classifier;

  /** Builds the trunk without filling it. */
  public VitTrunk(VitSpec spec, TrunkSettings settings) {
    long width = spec.width();
    this.prefix = spec.classToken() ? 1 : 0;
    this.positionForClass = spec.stem() == VitSpec.Stem.PATCHES;
    long grid = (settings.height() / spec.patch()) * (settings.width() / spec.patch());
    Pooling built = Pooling.ofTokens(settings.poolAtBuild(spec.pool()), settings.name(), prefix);
    this.pooling = built.then(settings.poolInForce(spec.pool()), settings.name(), prefix);
    boolean normPooled = built != Pooling.TOKEN && built != Pooling.MAP;

    this.cls_11C = spec.classToken() ? parameter("cls_token", empty(1, 1, width)) : null;
    this.positions_1NC =
        spec.positions()
            ? parameter("pos_embed", empty(1, grid + (positionForClass ? prefix : 0), width))
            : null;
    boolean plain = spec.stem() == VitSpec.Stem.PATCHES;
    this.patches =
        plain
            ? child("patch_embed.proj", new PatchEmbedding(width, spec.patch(), !spec.normBefore()))
            : null;
    this.convStem =
        spec.stem() == VitSpec.Stem.CONVOLUTIONS
            ? child("patch_embed.backbone", new ConvStem(width, spec.stemWidths()[0]))
            : null;
    this.mbConvStem =
        spec.stem() == VitSpec.Stem.MBCONV
            ? child("patch_embed.backbone", new MbConvStem(width, spec.stemWidths()))
            : null;
    this.patchDropout = child("patch_drop", new PatchDropout(settings.patchDropout(), prefix));
    this.normBefore =
        spec.normBefore() ? child("norm_pre", new LayerNorm(width, spec.eps())) : null;
    double[] dropPaths = settings.dropPaths(spec.depth());
    for (int i = 0; i < spec.depth(); i++) {
      blocks.add(child("blocks." + i, VitBlock.of(spec, dropPaths[i])));
    }
    this.norm = normPooled ? null : child("norm", new LayerNorm(width, spec.eps()));
    this.attentionPool =
        built == Pooling.MAP
            ? child(
                "attn_pool",
                new AttentionPool(width, spec.heads(), spec.hidden(), spec.eps(), Activation.GELU))
            : null;
    this.normAfterPool = normPooled ? child("fc_norm", new LayerNorm(width, spec.eps())) : null;
    this.classifier =
        settings.classes() == 0 ? null : child("head", new Linear(width, settings.classes()));
    this.width = width;
    this.outputs = settings.classes() == 0 ? width : settings.classes();
  }

  @Override
  public Tensor forward(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BNC = embed(stem(images_BCHW));
      x_BNC = PatchDropout.keep(x_BNC, patchDropout.draw(x_BNC));
      if (normBefore != null) {
        x_BNC = normBefore.forward(x_BNC);
      }
      for (VitBlock block : blocks) {
        x_BNC = block.forward(x_BNC);
      }
      if (norm != null) {
        x_BNC = norm.forward(x_BNC);
      }
      Tensor x_BD =
          pooling == Pooling.MAP ? attentionPool.forward(x_BNC) : pooling.tokens(x_BNC, prefix);
      if (normAfterPool != null) {
        x_BD = normAfterPool.forward(x_BD);
      }
      return scope.keep(classifier == null ? x_BD : classifier.forward(x_BD));
    }
  }

  /** Maps B×C×H×W to B×N×C. */
  private Tensor stem(Tensor images_BCHW) {
    if (patches != null) {
      return patches.forward(images_BCHW);
    }
    Tensor grid_BCHW =
        convStem != null ? convStem.forward(images_BCHW) : mbConvStem.forward(images_BCHW);
    return grid_BCHW.flatten(2, 3).transpose(1, 2);
  }

  /** Adds class token and positions, which the class token of a convolutional stem has none of. */
  private Tensor embed(Tensor x_BNC) {
    try (TensorScope scope = new TensorScope()) {
      Tensor y_BNC = x_BNC;
      if (positions_1NC != null && !positionForClass) {
        y_BNC = y_BNC.add(positions_1NC);
      }
      if (cls_11C != null) {
        y_BNC = torch.cat(new TensorVector(cls_11C.expand(x_BNC.size(0), -1, -1), y_BNC), 1);
      }
      if (positions_1NC != null && positionForClass) {
        y_BNC = y_BNC.add(positions_1NC);
      }
      return y_BNC == x_BNC ? x_BNC : scope.keep(y_BNC);
    }
  }

  @Override
  public long width() {
    return width;
  }

  @Override
  public long outputs() {
    return outputs;
  }

  @Override
  public List<List<String>> groups() {
    return blockGroups(blocks.size());
  }

  @Override
  public void initialize() {
    super.initialize();
    Init.each(this, Linear.class, TimmInit::linear);
    if (positions_1NC != null) {
      Init.truncatedNormal(positions_1NC, 0.02);
    }
    if (cls_11C != null) {
      Init.normal(cls_11C, 1e-6);
    }
  }
}
