package dev.troupe.nn.model.tower.eva;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.model.PatchEmbedding;
import dev.troupe.nn.model.tower.trunk.AttentionPool;
import dev.troupe.nn.model.tower.trunk.PatchDropout;
import dev.troupe.nn.model.tower.trunk.Pooling;
import dev.troupe.nn.model.tower.trunk.RotaryTable;
import dev.troupe.nn.model.tower.trunk.TimmInit;
import dev.troupe.nn.model.tower.trunk.Trunk;
import dev.troupe.nn.model.tower.trunk.TrunkSettings;
import dev.troupe.nn.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * The vision transformers EVA (Fang et al. 2022), EVA-02 (Fang et al. 2023) and Perception Encoder
 * (Bolya et al. 2025), which share one trunk: patches, learned positions, blocks with or without
 * rotary positions, then a pool and a classifier; timm's {@code Eva}.
 *
 * <p>Shapes: B samples, N tokens (P prefix tokens, then the patches row by row), C channels, D
 * outputs.
 */
public final class Eva extends Trunk {
  private final EvaSpec spec;
  private final long prefix;
  private final long width;
  private final long outputs;
  private final Tensor cls_11C;
  private final Tensor positions_1NC;
  private final PatchEmbedding patches;
  private final RotaryTable rotary;
  private final PatchDropout patchDropout;
  private final LayerNorm normBefore;
  private final List<EvaBlock> blocks = new ArrayList<>();
  private final LayerNorm norm;
  private final Pooling pooling;
  private final AttentionPool attentionPool;
  private final LayerNorm normAfterPool;
  private final Linear classifier;

  /** Builds the trunk without filling it. */
  public Eva(EvaSpec spec, TrunkSettings settings) {
    this.spec = spec;
    this.prefix = spec.classToken() ? 1 : 0;
    long width = spec.width();
    long rows = settings.height() / spec.patch();
    long columns = settings.width() / spec.patch();
    Pooling built = Pooling.ofTokens(settings.poolAtBuild(spec.pool()), settings.name(), prefix);
    this.pooling = built.then(settings.poolInForce(spec.pool()), settings.name(), prefix);

    this.cls_11C = spec.classToken() ? parameter("cls_token", empty(1, 1, width)) : null;
    this.positions_1NC = parameter("pos_embed", empty(1, rows * columns + prefix, width));
    this.patches =
        child("patch_embed.proj", new PatchEmbedding(width, spec.patch(), !spec.normBefore()));
    this.rotary =
        spec.rotary()
            ? child(
                "rope",
                new RotaryTable(
                    (int) (width / spec.heads()),
                    rows,
                    columns,
                    spec.reference(),
                    spec.gridOffset(),
                    spec.columnFirst(),
                    prefix))
            : null;
    this.patchDropout = child("patch_drop", new PatchDropout(settings.patchDropout(), prefix));
    this.normBefore =
        spec.normBefore() ? child("norm_pre", new LayerNorm(width, spec.eps())) : null;
    double[] dropPaths = settings.dropPaths(spec.depth());
    for (int i = 0; i < spec.depth(); i++) {
      blocks.add(child("blocks." + i, new EvaBlock(spec, dropPaths[i])));
    }
    this.norm = built == Pooling.AVG ? null : child("norm", new LayerNorm(width, spec.eps()));
    this.attentionPool =
        built != Pooling.MAP
            ? null
            : child(
                "attn_pool",
                new AttentionPool(
                    width, spec.poolHeads(), spec.poolHidden(), spec.eps(), Activation.GELU));
    this.normAfterPool =
        built == Pooling.AVG ? child("fc_norm", new LayerNorm(width, spec.eps())) : null;
    this.classifier =
        settings.classes() == 0 ? null : child("head", new Linear(width, settings.classes()));
    this.width = width;
    this.outputs = settings.classes() == 0 ? width : settings.classes();
  }

  @Override
  public Tensor forward(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BNC = patches.forward(images_BCHW);
      if (cls_11C != null) {
        Tensor cls_B1C = cls_11C.expand(x_BNC.size(0), -1, -1);
        x_BNC = torch.cat(new TensorVector(cls_B1C, x_BNC), 1);
      }
      x_BNC = x_BNC.add(positions_1NC);
      Tensor kept_BK = patchDropout.draw(x_BNC);
      x_BNC = PatchDropout.keep(x_BNC, kept_BK);
      Tensor rope = rotary == null ? null : rotary.at(kept_BK);
      if (normBefore != null) {
        x_BNC = normBefore.forward(x_BNC);
      }
      for (EvaBlock block : blocks) {
        x_BNC = block.forward(x_BNC, rope);
      }
      if (norm != null) {
        x_BNC = norm.forward(x_BNC);
      }
      Tensor x_BD =
          attentionPool != null ? attentionPool.forward(x_BNC) : pooling.tokens(x_BNC, prefix);
      if (normAfterPool != null) {
        x_BD = normAfterPool.forward(x_BD);
      }
      return scope.keep(classifier == null ? x_BD : classifier.forward(x_BD));
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
    Init.truncatedNormal(positions_1NC, 0.02);
    if (cls_11C != null) {
      Init.truncatedNormal(cls_11C, 0.02);
    }
    for (int i = 0; i < blocks.size(); i++) {
      double scale = 1 / Math.sqrt(2.0 * (i + 1));
      blocks.get(i).lastLinears().forEach(l -> shrink(l.weight(), scale));
    }
    if (classifier != null) {
      shrink(classifier.weight(), 0.001);
    }
  }

  private static void shrink(Tensor weight, double factor) {
    Init.quietly(weight, t -> t.mul_(new Scalar(factor)));
  }
}
