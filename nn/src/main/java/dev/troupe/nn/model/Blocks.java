package dev.troupe.nn.model;

/** The keys that {@code vision_cfg}, {@code text_cfg} and {@code multimodal_cfg} share. */
final class Blocks {
  private Blocks() {}

  /** {@code act_kwargs}: how GELU is computed. */
  static String gelu(Section s) {
    Section act = s.section("act_kwargs");
    if (act == null) {
      return "none";
    }
    String gelu = act.choice("approximate", "none", "none", "tanh");
    act.refuseUnknown();
    return gelu;
  }

  /** {@code norm_kwargs}: what LayerNorm adds to variances. */
  static double normEps(Section s) {
    Section norm = s.section("norm_kwargs");
    if (norm == null) {
      return 1e-5;
    }
    double eps = norm.number("eps", 1e-5, 0, 1);
    norm.refuseUnknown();
    return eps;
  }

  /** Knows the flags of OpenCLIP's custom block and refuses those that are set. */
  static void refuseFlags(Section s) {
    String block = s.choice("block_type", "default", "default", "custom");
    if (block.equals("custom")) {
      s.problem("block_type", "custom is not supported (expected: default)");
    }
    for (String name :
        new String[] {
          "qk_norm",
          "scaled_cosine_attn",
          "scale_heads",
          "scale_attn_inner",
          "scale_attn",
          "scale_fc"
        }) {
      if (s.flag(name, false)) {
        s.problem(name, "true is not supported (expected: false, as in all built-in models)");
      }
    }
  }
}
