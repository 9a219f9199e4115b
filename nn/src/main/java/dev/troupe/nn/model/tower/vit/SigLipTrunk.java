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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * timm's vision transformer of SigLIP and SigLIP 2 (Zhai et al. 2023; Tschannen et al. 2025): plain
 * patches without a class token, pooled by attention from a learned query.
 *
 * <p>Shapes: B samples, N patches row by row, C channels.
 */
public final class SigLipTrunk extends Trunk {
  /**
   * A size.
   *
   * @param patch pixels a side of a patch
   * @param width channels
   * @param depth blocks
   * @param heads attention heads
   * @param hidden values between the two maps of a perceptron
   * @param tanh whether GELU is approximated
   */
  public record Spec(long patch, long width, int depth, long heads, long hidden, boolean tanh) {}

  /** The trunks by timm's name. */
  public static final Map<String, Spec> KNOWN = known();

  private static final double EPS = 1e-6;

  private final long width;
  private final PatchEmbedding patches;
  private final Tensor positions_1NC;
  private final PatchDropout patchDropout;
  private final List<VitBlock> blocks = new ArrayList<>();
  private final LayerNorm norm;
  private final AttentionPool pool;

  private static Map<String, Spec> known() {
    Map<String, Spec> known = new HashMap<>();
    for (int size : new int[] {224, 256, 384, 512}) {
      known.put("vit_base_patch16_siglip_" + size, new Spec(16, 768, 12, 12, 3072, false));
    }
    known.put("vit_base_patch32_siglip_256", new Spec(32, 768, 12, 12, 3072, true));
    for (int size : new int[] {256, 384, 512}) {
      Spec large = new Spec(16, 1024, 24, 16, 4096, size == 512);
      known.put("vit_large_patch16_siglip_" + size, large);
      known.put("vit_so400m_patch16_siglip_" + size, new Spec(16, 1152, 27, 16, 4304, true));
    }
    for (int size : new int[] {224, 378, 384}) {
      known.put("vit_so400m_patch14_siglip_" + size, new Spec(14, 1152, 27, 16, 4304, false));
    }
    for (int size : new int[] {256, 384}) {
      known.put("vit_giantopt_patch16_siglip_" + size, new Spec(16, 1536, 40, 16, 6144, true));
    }
    return Map.copyOf(known);
  }

  /** Builds the trunk without filling it. */
  public SigLipTrunk(Spec spec, TrunkSettings settings) {
    this.width = spec.width();
    Pooling.of(settings.poolInForce("map"), settings.name(), Pooling.MAP);
    if (settings.classes() != 0) {
      throw new IllegalArgumentException(
          "timm_proj: null (expected for " + settings.name() + ": none, linear or mlp)");
    }
    Activation activation = spec.tanh() ? Activation.GELU_TANH : Activation.GELU;
    long grid = (settings.height() / spec.patch()) * (settings.width() / spec.patch());
    positions_1NC = parameter("pos_embed", empty(1, grid, width));
    patches = child("patch_embed.proj", new PatchEmbedding(width, spec.patch(), true));
    patchDropout = child("patch_drop", new PatchDropout(settings.patchDropout(), 0));
    double[] dropPaths = settings.dropPaths(spec.depth());
    for (int i = 0; i < spec.depth(); i++) {
      VitBlock block =
          new VitBlock(width, spec.heads(), spec.hidden(), EPS, activation, dropPaths[i]);
      blocks.add(child("blocks." + i, block));
    }
    norm = child("norm", new LayerNorm(width, EPS));
    pool =
        child("attn_pool", new AttentionPool(width, spec.heads(), spec.hidden(), EPS, activation));
  }

  @Override
  public Tensor forward(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BNC = patches.forward(images_BCHW);
      x_BNC = x_BNC.add(positions_1NC.to(x_BNC.scalar_type()));
      x_BNC = PatchDropout.keep(x_BNC, patchDropout.draw(x_BNC));
      for (VitBlock block : blocks) {
        x_BNC = block.forward(x_BNC);
      }
      return scope.keep(pool.forward(norm.forward(x_BNC)));
    }
  }

  @Override
  public long width() {
    return width;
  }

  @Override
  public long outputs() {
    return width;
  }

  @Override
  public List<List<String>> groups() {
    return blockGroups(blocks.size());
  }

  @Override
  public void initialize() {
    super.initialize();
    // The pool draws its own weights in the same way; its latent query must not be drawn twice.
    for (VitBlock block : blocks) {
      Init.each(block, Linear.class, TimmInit::linear);
    }
    Init.truncatedNormal(positions_1NC, 0.02);
  }
}
