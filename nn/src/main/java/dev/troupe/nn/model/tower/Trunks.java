package dev.troupe.nn.model.tower;

import dev.troupe.nn.model.tower.convnext.ConvNext;
import dev.troupe.nn.model.tower.eva.Eva;
import dev.troupe.nn.model.tower.eva.EvaSpec;
import dev.troupe.nn.model.tower.fastvit.FastVit;
import dev.troupe.nn.model.tower.trunk.Trunk;
import dev.troupe.nn.model.tower.trunk.TrunkSettings;
import dev.troupe.nn.model.tower.vit.SigLipTrunk;
import dev.troupe.nn.model.tower.vit.VitSpec;
import dev.troupe.nn.model.tower.vit.VitTrunk;
import java.util.Map;
import java.util.TreeSet;

/** The image trunks by timm's name. */
public final class Trunks {
  /** Names of OpenCLIP's configurations that are left out, and why. */
  private static final Map<String, String> LEFT_OUT =
      Map.of(
          "swin_base_patch4_window7_224",
          "Swin's shifted windows have no implementation here",
          "vit_relpos_medium_patch16_cls_224",
          "ViT with relative position biases has no implementation here",
          "vit_medium_patch16_gap_256",
          "timm's ViT with average pooling has no implementation here");

  private Trunks() {}

  /** Whether there is a trunk of this name. */
  public static boolean has(String name) {
    return ConvNext.KNOWN.containsKey(name)
        || EvaSpec.KNOWN.containsKey(name)
        || VitSpec.KNOWN.containsKey(name)
        || SigLipTrunk.KNOWN.containsKey(name)
        || FastVit.KNOWN.containsKey(name);
  }

  /** Why there is no trunk of this name, as one line. */
  public static String whyNot(String name) {
    String reason = LEFT_OUT.get(name);
    if (reason != null) {
      return "timm_model_name: " + name + " is not supported: " + reason;
    }
    return "timm_model_name: " + name + " is not supported (expected: one of " + names() + ")";
  }

  private static String names() {
    TreeSet<String> names = new TreeSet<>();
    names.addAll(ConvNext.KNOWN.keySet());
    names.addAll(EvaSpec.KNOWN.keySet());
    names.addAll(VitSpec.KNOWN.keySet());
    names.addAll(SigLipTrunk.KNOWN.keySet());
    names.addAll(FastVit.KNOWN.keySet());
    return String.join(", ", names);
  }

  /**
   * Builds a trunk without filling it.
   *
   * @throws IllegalArgumentException if there is no such trunk, or it can't be built so
   */
  public static Trunk create(TrunkSettings settings) {
    String name = settings.name();
    if (ConvNext.KNOWN.containsKey(name)) {
      return new ConvNext(ConvNext.KNOWN.get(name), settings);
    }
    if (EvaSpec.KNOWN.containsKey(name)) {
      return new Eva(EvaSpec.KNOWN.get(name), settings);
    }
    if (VitSpec.KNOWN.containsKey(name)) {
      return new VitTrunk(VitSpec.KNOWN.get(name), settings);
    }
    if (SigLipTrunk.KNOWN.containsKey(name)) {
      return new SigLipTrunk(SigLipTrunk.KNOWN.get(name), settings);
    }
    if (FastVit.KNOWN.containsKey(name)) {
      return new FastVit(FastVit.KNOWN.get(name), settings);
    }
    throw new IllegalArgumentException(whyNot(name));
  }
}
