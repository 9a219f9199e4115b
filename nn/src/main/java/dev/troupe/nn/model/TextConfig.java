package dev.troupe.nn.model;

/**
 * The text tower's part of a model configuration ({@code text_cfg}), with OpenCLIP's defaults.
 *
 * @param contextLength tokens a text is padded or cut to
 * @param vocabSize rows of the token table
 * @param width values a token
 * @param heads attention heads
 * @param layers transformer blocks
 * @param mlpRatio hidden width of the perceptrons, as a multiple of width
 * @param layerScale start of the layer scale, or null for none ({@code ls_init_value})
 * @param embedCls whether a class token is appended and pooled (CoCa)
 * @param padId id of padding, masked only together with {@code embed_cls}
 * @param eosId id of the end of text for {@code eos} pooling
 * @param causal whether a token sees only those before it (not {@code no_causal_mask})
 * @param poolType {@code argmax}, {@code eos}, {@code last} or {@code first}; OpenCLIP's {@code
 *     none} gives no features
 * @param projBias whether the projection has a bias
 * @param projection whether there is a projection ({@code proj_type} is not {@code none})
 * @param outputTokens whether the tower gives its tokens too (CoCa)
 * @param gelu how GELU is computed: {@code none} for exactly, {@code tanh}
 * @param normEps what is added to variances
 * @param huggingFace the Hugging Face encoder that replaces the tower, or null
 */
public record TextConfig(
    int contextLength,
    int vocabSize,
    int width,
    int heads,
    int layers,
    double mlpRatio,
    Double layerScale,
    boolean embedCls,
    int padId,
    int eosId,
    boolean causal,
    String poolType,
    boolean projBias,
    boolean projection,
    boolean outputTokens,
    String gelu,
    double normEps,
    HuggingFace huggingFace) {

  /**
   * A text encoder by its Hugging Face name.
   *
   * @param name {@code xlm-roberta-base}
   * @param proj {@code mlp}, {@code linear}, or empty for none
   * @param pooler {@code mean_pooler}, {@code max_pooler}, {@code cls_pooler}
   */
  public record HuggingFace(String name, String proj, String pooler) {}

  static TextConfig read(Section s) {
    s.ignore("hf_tokenizer_name");
    s.ignore("tokenizer_mode");
    s.ignore("tokenizer_kwargs");
    s.ignore("final_ln_after_pool"); // OpenCLIP accepts this key and never reads it
    String hugging = s.text("hf_model_name", null, null);
    s.flag("hf_model_pretrained", true);
    String proj = s.choice("hf_proj_type", s.has("hf_proj_type") ? "" : "mlp", "", "linear", "mlp");
    String pooler =
        s.choice(
            "hf_pooler_type",
            "mean_pooler",
            "mean_pooler",
            "max_pooler",
            "cls_pooler",
            "cls_last_hidden_state_pooler");
    TextConfig config =
        new TextConfig(
            s.integer("context_length", 77, 1),
            s.integer("vocab_size", 49408, 1),
            s.integer("width", 512, 1),
            s.integer("heads", 8, 1),
            s.integer("layers", 12, 1),
            s.number("mlp_ratio", 4, 0.01, 64),
            s.numberOrNull("ls_init_value", -Double.MAX_VALUE, Double.MAX_VALUE),
            s.flag("embed_cls", false),
            s.integer("pad_id", 0, 0),
            s.integer("eos_id", 2, 0),
            !s.flag("no_causal_mask", false),
            s.choice("pool_type", "argmax", "argmax", "eos", "last", "first"),
            s.flag("proj_bias", false),
            !s.choice("proj_type", "linear", "linear", "none").equals("none"),
            s.flag("output_tokens", false),
            Blocks.gelu(s),
            Blocks.normEps(s),
            hugging == null ? null : new HuggingFace(hugging, proj, pooler));
    Blocks.refuseFlags(s);
    s.refuseUnknown();
    if (hugging == null && config.width % config.heads != 0) {
      s.problem("heads", config.heads + " (expected: a divisor of width " + config.width + ")");
    }
    return config;
  }
}
