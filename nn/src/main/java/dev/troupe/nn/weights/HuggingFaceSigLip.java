package dev.troupe.nn.weights;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The {@code SiglipModel} of Hugging Face's transformers, which SigLIP and SigLIP2 share. */
final class HuggingFaceSigLip implements Layout {
  private static final String POOL = "vision_model.head.attention.in_proj_";

  private static final Renames RENAMES =
      new Renames(
          "^vision_model\\.embeddings\\.patch_embedding\\.", "visual.trunk.patch_embed.proj.",
          "^vision_model\\.embeddings\\.position_embedding\\.weight$", "visual.trunk.pos_embed",
          "^vision_model\\.post_layernorm\\.", "visual.trunk.norm.",
          "^vision_model\\.head\\.probe$", "visual.trunk.attn_pool.latent",
          "^vision_model\\.head\\.attention\\.out_proj\\.", "visual.trunk.attn_pool.proj.",
          "^vision_model\\.head\\.layernorm\\.", "visual.trunk.attn_pool.norm.",
          "^vision_model\\.head\\.mlp\\.", "visual.trunk.attn_pool.mlp.",
          "^(vision_model\\..*)\\.layer_norm(\\d)\\.", "$1.norm$2.",
          "^(vision_model\\..*)\\.self_attn\\.out_proj\\.", "$1.attn.proj.",
          "^vision_model\\.encoder\\.layers\\.", "visual.trunk.blocks.",
          "^text_model\\.embeddings\\.token_embedding\\.", "text.token_embedding.",
          "^text_model\\.embeddings\\.position_embedding\\.weight$", "text.positional_embedding",
          "^text_model\\.final_layer_norm\\.", "text.ln_final.",
          "^text_model\\.head\\.", "text.text_projection.",
          "^(text_model\\..*)\\.layer_norm(\\d)\\.", "$1.ln_$2.",
          "^(text_model\\..*)\\.mlp\\.fc1\\.", "$1.mlp.c_fc.",
          "^(text_model\\..*)\\.mlp\\.fc2\\.", "$1.mlp.c_proj.",
          "^(text_model\\..*)\\.self_attn\\.out_proj\\.", "$1.attn.out_proj.",
          "^(text_model\\..*)\\.attn\\.qkv\\.", "$1.attn.in_proj_",
          "^text_model\\.encoder\\.layers\\.", "text.transformer.resblocks.");

  @Override
  public String name() {
    return "Hugging Face SigLIP";
  }

  @Override
  public boolean matches(Map<String, StoredTensor> state) {
    return state.containsKey("vision_model.head.probe")
        && state.containsKey("text_model.head.weight");
  }

  @Override
  public Map<String, StoredTensor> convert(Map<String, StoredTensor> state, Set<String> target) {
    Map<String, StoredTensor> result = new LinkedHashMap<>();
    HuggingFaceClip.joinAttention(state, ".attn.qkv.$1")
        .forEach(
            (name, tensor) -> {
              if (name.startsWith(POOL)) {
                splitPool(name.substring(POOL.length()), tensor, result);
              } else if (name.equals("vision_model.embeddings.position_embedding.weight")) {
                result.put(
                    RENAMES.apply(name), tensor.reshape(1, tensor.shape()[0], tensor.shape()[1]));
              } else {
                result.put(RENAMES.apply(name), tensor);
              }
            });
    return result;
  }

  /** PyTorch's attention keeps q, k and v in one matrix, timm's pool q apart from k and v. */
  private static void splitPool(String kind, StoredTensor qkv, Map<String, StoredTensor> result) {
    long width = qkv.shape()[0] / 3;
    long[] q = qkv.shape().clone();
    q[0] = width;
    long[] kv = qkv.shape().clone();
    kv[0] = 2 * width;
    String pool = "visual.trunk.attn_pool.";
    result.put(pool + "q." + kind, qkv.map(q, t -> t.narrow(0, 0, width)));
    result.put(pool + "kv." + kind, qkv.map(kv, t -> t.narrow(0, width, 2 * width)));
  }
}
