package dev.troupe.nn.model;

import java.util.List;

/**
 * The image tower's part of a model configuration ({@code vision_cfg}), with OpenCLIP's defaults.
 *
 * @param layers number of transformer blocks, or four numbers of bottlenecks for a ModifiedResNet
 * @param width values a token, or channels after the stem of a ModifiedResNet
 * @param headWidth values an attention head
 * @param mlpRatio hidden width of the perceptrons, as a multiple of width
 * @param patchSize pixels a side of a patch
 * @param imageHeight pixels
 * @param imageWidth pixels
 * @param layerScale start of the layer scale, or null for none ({@code ls_init_value})
 * @param patchDropout share of patches dropped in training
 * @param attentionalPool whether features are pooled by a learned query
 * @param attnPoolerQueries number of queries of that pool
 * @param attnPoolerHeads number of its heads
 * @param lnPre whether a norm precedes the blocks (not {@code no_ln_pre})
 * @param posEmbedType {@code learnable} or {@code sin_cos_2d}
 * @param finalLnAfterPool whether the last norm follows pooling
 * @param poolType {@code tok} or {@code avg}; OpenCLIP's {@code none} gives no features
 * @param outputTokens whether the tower gives its tokens too (CoCa)
 * @param gelu how GELU is computed: {@code none} for exactly, {@code tanh}
 * @param normEps what is added to variances
 * @param timm the timm model that replaces all of this, or null
 */
public record VisionConfig(
    List<Integer> layers,
    int width,
    int headWidth,
    double mlpRatio,
    int patchSize,
    int imageHeight,
    int imageWidth,
    Double layerScale,
    double patchDropout,
    boolean attentionalPool,
    int attnPoolerQueries,
    int attnPoolerHeads,
    boolean lnPre,
    String posEmbedType,
    boolean finalLnAfterPool,
    String poolType,
    boolean outputTokens,
    String gelu,
    double normEps,
    Timm timm) {

  /**
   * An image tower by timm's name.
   *
   * @param name {@code vit_base_patch16_siglip_224}
   * @param pool {@code avg}, {@code token}, {@code map}, {@code abs_attn}, {@code rot_attn}, or
   *     empty for the model's own
   * @param proj {@code linear} or {@code mlp} for a projection after the trunk, {@code none} for
   *     none, empty for the trunk's own head
   * @param projBias whether that projection has a bias
   * @param drop dropout before it
   * @param dropPath rate of stochastic depth in the last block, or null for the model's own
   */
  public record Timm(
      String name, String pool, String proj, boolean projBias, double drop, Double dropPath) {}

  static VisionConfig read(Section s) {
    List<Integer> image = s.integers("image_size", List.of(224), 2);
    VisionConfig config =
        new VisionConfig(
            s.integers("layers", List.of(12), 4),
            s.integer("width", 768, 1),
            s.integer("head_width", 64, 1),
            s.number("mlp_ratio", 4, 0.01, 64),
            s.integer("patch_size", 16, 1),
            image.get(0),
            image.get(image.size() - 1),
            s.numberOrNull("ls_init_value", -Double.MAX_VALUE, Double.MAX_VALUE),
            s.number("patch_dropout", 0, 0, 0.999),
            s.flag("attentional_pool", false),
            s.integer("attn_pooler_queries", 256, 1),
            s.integer("attn_pooler_heads", 8, 1),
            !s.flag("no_ln_pre", false),
            s.choice("pos_embed_type", "learnable", "learnable", "sin_cos_2d"),
            s.flag("final_ln_after_pool", false),
            s.choice("pool_type", "tok", "tok", "avg"),
            s.flag("output_tokens", false),
            Blocks.gelu(s),
            Blocks.normEps(s),
            timm(s));
    Blocks.refuseFlags(s);
    s.refuseUnknown();
    config.check(s);
    return config;
  }

  private static Timm timm(Section s) {
    String name = s.text("timm_model_name", null, null);
    s.flag("timm_model_pretrained", false);
    Timm timm =
        new Timm(
            name,
            s.choice(
                "timm_pool",
                s.has("timm_pool") ? "" : "avg",
                "",
                "avg",
                "token",
                "map",
                "abs_attn",
                "rot_attn"),
            s.choice("timm_proj", s.has("timm_proj") ? "" : "linear", "", "linear", "mlp", "none"),
            s.flag("timm_proj_bias", false),
            s.number("timm_drop", 0, 0, 0.999),
            s.numberOrNull("timm_drop_path", 0, 0.999));
    return name == null ? null : timm;
  }

  private void check(Section s) {
    if (timm != null) {
      return;
    }
    if (isResNet()) {
      if (imageHeight != imageWidth || imageHeight % 32 != 0) {
        s.problem(
            "image_size",
            imageHeight + "x" + imageWidth + " (expected: a square, a multiple of 32)");
      }
      return;
    }
    if (width % headWidth != 0) {
      s.problem("head_width", headWidth + " (expected: a divisor of width " + width + ")");
    }
    if (patchSize > Math.min(imageHeight, imageWidth)) {
      s.problem("patch_size", patchSize + " (expected: at most the image size)");
    }
    if (posEmbedType.equals("sin_cos_2d") && (imageHeight != imageWidth || width % 4 != 0)) {
      s.problem("pos_embed_type", "sin_cos_2d (expected: square images, width a multiple of 4)");
    }
  }

  /** Whether the tower is a ModifiedResNet. */
  public boolean isResNet() {
    return timm == null && layers.size() == 4;
  }
}
