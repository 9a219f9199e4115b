package dev.troupe.nn.model.tower.trunk;

import dev.troupe.nn.core.Layer;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** The part of an image tower that OpenCLIP takes from timm: from pixels to one vector a sample. */
public abstract class Trunk extends Layer {
  /**
   * Encodes images.
   *
   * @param images_BCHW normalised pixels
   * @return features, B×{@link #outputs}
   */
  public abstract Tensor forward(Tensor images_BCHW);

  /** Channels of the last block. */
  public abstract long width();

  /** The number of features of a sample. */
  public abstract long outputs();

  /**
   * Prefixes of parameter names, one group for each step by which {@code --lock-image} can leave
   * the output side trainable: stem, blocks, rest (timm's {@code group_matcher}). A group may be
   * empty.
   */
  public abstract List<List<String>> groups();

  /** The groups of a transformer, whose norms outside of blocks belong to the last block. */
  protected static List<List<String>> blockGroups(int depth) {
    List<List<String>> groups = new ArrayList<>();
    groups.add(List.of("cls_token", "pos_embed", "patch_embed."));
    for (int i = 0; i < depth - 1; i++) {
      groups.add(List.of("blocks." + i + "."));
    }
    groups.add(List.of("blocks." + (depth - 1) + ".", "norm_pre.", "norm."));
    groups.add(List.of("attn_pool.", "fc_norm.", "head."));
    return groups;
  }

  /** The groups of a network in stages, whose downsamplings belong to their first blocks. */
  protected static List<List<String>> stageGroups(int[] depths) {
    List<List<String>> groups = new ArrayList<>();
    groups.add(List.of("stem."));
    for (int s = 0; s < depths.length; s++) {
      String stage = "stages." + s + ".";
      for (int d = 0; d < depths[s]; d++) {
        String block = stage + "blocks." + d + ".";
        groups.add(
            d > 0 ? List.of(block) : List.of(stage + "downsample.", stage + "pos_emb.", block));
      }
    }
    groups.add(List.of("final_conv.", "head."));
    return groups;
  }
}
