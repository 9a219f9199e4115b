package dev.troupe.nn.model.tower.eva;

import java.util.Map;

/**
 * What tells the trunks of {@link Eva} apart.
 *
 * @param kind the family
 * @param patch size of a patch, pixels
 * @param width channels
 * @param depth blocks
 * @param heads attention heads
 * @param mlpRatio hidden channels of an MLP for each channel
 * @param reference side of the patch grid that rotary positions are scaled to; 0 without them
 * @param classToken whether a class token goes before the patches
 * @param poolHeads heads of the attention pool
 */
public record EvaSpec(
    Kind kind,
    long patch,
    long width,
    int depth,
    long heads,
    double mlpRatio,
    long reference,
    boolean classToken,
    long poolHeads) {

  /** The families, which differ in the parts of a block. */
  public enum Kind {
    /** Pre-norm blocks; queries and values have biases, keys have none. */
    EVA01,
    /** Adds SwiGLU, a norm inside attention and MLP, rotary positions, split projections. */
    EVA02,
    /** EVA01's blocks with the norms after attention and MLP: EVA-02-E. */
    EVA02_POST,
    /** Pre-norm blocks with rotary positions, a norm before them, attention pooling. */
    PE_CORE
  }

  /** The trunks by timm's name. */
  public static final Map<String, EvaSpec> KNOWN =
      Map.of(
          "eva_giant_patch14_224", eva(Kind.EVA01, 14, 1408, 40, 16, 6144.0 / 1408, 0),
          "eva02_base_patch16_clip_224", eva(Kind.EVA02, 16, 768, 12, 12, 4 * 2 / 3.0, 16),
          "eva02_large_patch14_clip_224", eva(Kind.EVA02, 14, 1024, 24, 16, 4 * 2 / 3.0, 16),
          "eva02_large_patch14_clip_336", eva(Kind.EVA02, 14, 1024, 24, 16, 4 * 2 / 3.0, 16),
          "eva02_enormous_patch14_clip_224",
              eva(Kind.EVA02_POST, 14, 1792, 64, 16, 15360.0 / 1792, 0),
          "vit_pe_core_tiny_patch16_384", core(16, 192, 12, 3, 4, 24, true),
          "vit_pe_core_small_patch16_384", core(16, 384, 12, 6, 4, 24, true),
          "vit_pe_core_base_patch16_224", core(16, 768, 12, 12, 4, 14, true),
          "vit_pe_core_large_patch14_336", core(14, 1024, 24, 16, 4, 24, true),
          "vit_pe_core_gigantic_patch14_448", core(14, 1536, 50, 16, 8960.0 / 1536, 32, false));

  private static EvaSpec eva(
      Kind kind, long patch, long width, int depth, long heads, double ratio, long reference) {
    return new EvaSpec(kind, patch, width, depth, heads, ratio, reference, true, heads);
  }

  private static EvaSpec core(
      long patch, long width, int depth, long heads, double ratio, long reference, boolean cls) {
    return new EvaSpec(Kind.PE_CORE, patch, width, depth, heads, ratio, reference, cls, 8);
  }

  /** Hidden channels of an MLP. */
  long hidden() {
    return (long) (width * mlpRatio);
  }

  /** Hidden channels of the attention pool's MLP. */
  long poolHidden() {
    return kind == Kind.PE_CORE ? 4 * width : hidden();
  }

  /** Whether queries and keys are rotated by their positions. */
  boolean rotary() {
    return reference > 0;
  }

  /**
   * Added to the grid's coordinates: those of Perception Encoder with a class token count from 1.
   */
  long gridOffset() {
    return kind == Kind.PE_CORE && classToken ? 1 : 0;
  }

  /** Whether the column comes before the row in a rotary embedding. */
  boolean columnFirst() {
    return kind == Kind.PE_CORE;
  }

  boolean normBefore() {
    return kind == Kind.PE_CORE;
  }

  double eps() {
    return kind == Kind.PE_CORE ? 1e-5 : 1e-6;
  }

  /** timm's default pooling. */
  String pool() {
    return switch (kind) {
      case EVA01 -> "avg";
      case EVA02, EVA02_POST -> "token";
      case PE_CORE -> "map";
    };
  }
}
