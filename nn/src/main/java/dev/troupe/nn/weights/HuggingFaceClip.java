package dev.troupe.nn.weights;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The {@code CLIPModel} of Hugging Face's transformers. */
final class HuggingFaceClip implements Layout {
  private static final Renames RENAMES =
      new Renames(
          "^vision_model\\.embeddings\\.class_embedding$", "visual.class_embedding",
          "^vision_model\\.embeddings\\.patch_embedding\\.", "visual.conv1.",
          "^vision_model\\.embeddings\\.position_embedding\\.weight$",
              "visual.positional_embedding",
          "^vision_model\\.pre_layrnorm\\.", "visual.ln_pre.", // sic
          "^vision_model\\.post_layernorm\\.", "visual.ln_post.",
          "^vision_model\\.encoder\\.layers\\.", "visual.transformer.resblocks.",
          "^visual_projection\\.weight$", "visual.proj",
          "^text_model\\.embeddings\\.token_embedding\\.", "token_embedding.",
          "^text_model\\.embeddings\\.position_embedding\\.weight$", "positional_embedding",
          "^text_model\\.final_layer_norm\\.", "ln_final.",
          "^text_model\\.encoder\\.layers\\.", "transformer.resblocks.",
          "^text_projection\\.weight$", "text_projection",
          "\\.layer_norm(\\d)\\.", ".ln_$1.",
          "\\.mlp\\.fc1\\.", ".mlp.c_fc.",
          "\\.mlp\\.fc2\\.", ".mlp.c_proj.",
          "\\.self_attn\\.out_proj\\.", ".attn.out_proj.");

  @Override
  public String name() {
    return "Hugging Face CLIP";
  }

  @Override
  public boolean matches(Map<String, StoredTensor> state) {
    return state.containsKey("vision_model.embeddings.class_embedding")
        && state.containsKey("text_projection.weight");
  }

  @Override
  public Map<String, StoredTensor> convert(Map<String, StoredTensor> state, Set<String> target) {
    Map<String, StoredTensor> result = new LinkedHashMap<>();
    joinAttention(state, ".attn.in_proj_$1")
        .forEach(
            (name, tensor) -> {
              boolean projection = name.endsWith("_projection.weight");
              result.put(RENAMES.apply(name), projection ? tensor.transposed() : tensor);
            });
    return result;
  }

  /**
   * Joins the separate query, key and value projections.
   *
   * @param joined the end of the joint name, with {@code $1} for weight or bias
   */
  static Map<String, StoredTensor> joinAttention(Map<String, StoredTensor> state, String joined) {
    Map<String, StoredTensor> result = new LinkedHashMap<>();
    state.forEach(
        (name, tensor) -> {
          int at = name.indexOf(".self_attn.");
          String part = at < 0 ? "" : name.substring(at + ".self_attn.".length());
          String stem = at < 0 ? name : name.substring(0, at);
          if (part.startsWith("q_proj.")) {
            String kind = part.substring("q_proj.".length());
            StoredTensor k = state.get(stem + ".self_attn.k_proj." + kind);
            StoredTensor v = state.get(stem + ".self_attn.v_proj." + kind);
            if (k != null && v != null) {
              result.put(
                  stem + joined.replace("$1", kind), StoredTensor.joined(List.of(tensor, k, v)));
            }
          } else if (!part.startsWith("k_proj.") && !part.startsWith("v_proj.")) {
            result.put(name, tensor);
          }
        });
    return result;
  }
}
