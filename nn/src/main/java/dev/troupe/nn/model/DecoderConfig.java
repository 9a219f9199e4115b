package dev.troupe.nn.model;

/**
 * CoCa's text decoder ({@code multimodal_cfg}). OpenCLIP accepts all of {@code text_cfg}'s keys
 * here and reads only these.
 *
 * @param contextLength tokens
 * @param width values a token
 * @param heads attention heads
 * @param layers pairs of a self-attention and a cross-attention block
 * @param layerScale start of the layer scale, or null for none
 */
public record DecoderConfig(
    int contextLength, int width, int heads, int layers, Double layerScale) {

  static DecoderConfig read(Section s) {
    for (String key :
        new String[] {
          "vocab_size",
          "hf_tokenizer_name",
          "tokenizer_mode",
          "tokenizer_kwargs",
          "embed_cls",
          "pad_id",
          "eos_id",
          "no_causal_mask",
          "final_ln_after_pool",
          "pool_type",
          "proj_bias",
          "proj_type",
          "output_tokens",
          "act_kwargs",
          "norm_kwargs",
          "hf_model_name",
          "hf_model_pretrained",
          "hf_proj_type",
          "hf_pooler_type",
          "mlp_ratio",
          "dim_head",
          "n_queries",
          "attn_pooler_heads"
        }) {
      s.ignore(key);
    }
    DecoderConfig config =
        new DecoderConfig(
            s.integer("context_length", 77, 1),
            s.integer("width", 512, 1),
            s.integer("heads", 8, 1),
            s.integer("layers", 12, 1),
            s.numberOrNull("ls_init_value", -Double.MAX_VALUE, Double.MAX_VALUE));
    Blocks.refuseFlags(s);
    s.refuseUnknown();
    if (config.width % config.heads != 0) {
      s.problem("heads", config.heads + " (expected: a divisor of width " + config.width + ")");
    }
    return config;
  }
}
