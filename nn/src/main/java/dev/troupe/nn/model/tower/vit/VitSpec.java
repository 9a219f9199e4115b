package dev.troupe.nn.model.tower.vit;

import java.util.HashMap;
import java.util.Map;

/**
 * What tells the trunks of {@link VitTrunk} apart.
 *
 * @param stem what goes before the transformer
 * @param stemWidths channels in the stem
 * @param patch pixels for each place of the grid
 * @param width channels
 * @param depth blocks
 * @param heads attention heads
 * @param positions whether positions are learned
 */
public record VitSpec(
    Stem stem, int[] stemWidths, long patch, long width, int depth, long heads, boolean positions) {

  /** What turns pixels into tokens. */
  public enum Stem {
    /** One convolution over patches, no bias, as in CLIP: norm before the blocks, eps 1e-5. */
    PATCHES,
    /** Three strided convolutions ({@link ConvStem}). */
    CONVOLUTIONS,
    /** Two stages of MBConv blocks ({@link MbConvStem}); no class token; gated MLPs. */
    MBCONV
  }

  /** The trunks by timm's name. */
  public static final Map<String, VitSpec> KNOWN = known();

  private static Map<String, VitSpec> known() {
    Map<String, VitSpec> known = new HashMap<>();
    known.put(
        "vit_large_patch14_clip_224",
        new VitSpec(Stem.PATCHES, new int[0], 14, 1024, 24, 16, true));
    known.put(
        "vit_base_mci_224", new VitSpec(Stem.CONVOLUTIONS, new int[] {192}, 16, 768, 12, 12, true));
    known.put("vitamin_small_224", vitamin(64, 384, 14, 6, true));
    known.put("vitamin_base_224", vitamin(128, 768, 14, 12, true));
    for (int size : new int[] {224, 256, 336, 384}) {
      known.put("vitamin_large_" + size, vitamin(160, 1024, 31, 16, true));
      known.put("vitamin_large2_" + size, vitamin(160, 1024, 31, 16, true));
      if (size > 224) {
        known.put("vitamin_xlarge_" + size, vitamin(192, 1152, 32, 16, false));
      }
    }
    return Map.copyOf(known);
  }

  private static VitSpec vitamin(int first, long width, int depth, long heads, boolean positions) {
    int[] widths = {first, 2 * first};
    return new VitSpec(Stem.MBCONV, widths, 16, width, depth, heads, positions);
  }

  boolean classToken() {
    return stem != Stem.MBCONV;
  }

  boolean normBefore() {
    return stem == Stem.PATCHES;
  }

  /** Hidden channels of an MLP. */
  long hidden() {
    return stem == Stem.MBCONV ? 2 * width : 4 * width;
  }

  double eps() {
    return stem == Stem.PATCHES ? 1e-5 : 1e-6;
  }

  /** timm's default pooling. */
  String pool() {
    return stem == Stem.MBCONV ? "avg" : "token";
  }
}
