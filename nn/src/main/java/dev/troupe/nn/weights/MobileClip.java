package dev.troupe.nn.weights;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * Apple's MobileCLIP: its names for the FastViT and the ViT image tower and for the text tower, as
 * OpenCLIP's {@code convert_mobile_clip_state_dict} and timm's filters change them.
 */
final class MobileClip implements Layout {
  private static final String IMAGE = "image_encoder.model.";
  private static final String TEXT = "text_encoder.";
  private static final String TRUNK = "visual.trunk.";
  private static final String FASTVIT_KEY = IMAGE + "patch_embed.0.rbr_conv.0.conv.weight";
  private static final String VIT_KEY = IMAGE + "patch_emb.0.block.conv.weight";
  private static final Pattern NETWORK = Pattern.compile("^network\\.(\\d+)(\\.proj|\\.pe)?");

  private static final Renames FASTVIT =
      new Renames(
          "patch_embed", "stem",
          "rbr_conv", "conv_kxk",
          "rbr_scale", "conv_scale",
          "rbr_skip", "identity",
          "conv_exp", "final_conv",
          "lkb_origin", "large_conv",
          "convffn", "mlp",
          "se\\.reduce", "se.fc1",
          "se\\.expand", "se.fc2",
          "layer_scale_(\\d)", "layer_scale_$1.gamma",
          "layer_scale$", "layer_scale.gamma",
          "dist_head", "head_dist");

  private static final Renames VIT =
      new Renames(
          "patch_emb\\.", "patch_embed.backbone.",
          "block\\.conv", "conv",
          "block\\.norm", "bn",
          "post_transformer_norm\\.", "norm.",
          "pre_norm_mha\\.0", "norm1",
          "pre_norm_mha\\.1", "attn",
          "pre_norm_ffn\\.0", "norm2",
          "pre_norm_ffn\\.1", "mlp.fc1",
          "pre_norm_ffn\\.4", "mlp.fc2",
          "qkv_proj\\.", "qkv.",
          "out_proj\\.", "proj.",
          "transformer\\.", "blocks.",
          "^pos_embed\\.pos_embed\\.pos_embed$", "pos_embed");

  private static final Renames TEXT_TOWER =
      new Renames(
          "projection_layer", "text_projection",
          "embedding_layer", "token_embedding",
          "^positional_embedding\\.pos_embed\\.pos_embed", "positional_embedding",
          "final_layer_norm", "ln_final",
          "pre_norm_mha\\.0", "ln_1",
          "pre_norm_mha\\.1", "attn",
          "pre_norm_ffn\\.0", "ln_2",
          "pre_norm_ffn\\.1", "mlp.c_fc",
          "pre_norm_ffn\\.4", "mlp.c_proj",
          "qkv_proj\\.weight", "in_proj_weight",
          "qkv_proj\\.bias", "in_proj_bias",
          "transformer\\.", "transformer.resblocks.");

  @Override
  public String name() {
    return "MobileCLIP";
  }

  @Override
  public boolean matches(Map<String, StoredTensor> state) {
    return state.containsKey(FASTVIT_KEY) || state.containsKey(VIT_KEY);
  }

  @Override
  public Map<String, StoredTensor> convert(Map<String, StoredTensor> state, Set<String> target) {
    boolean fastVit = state.containsKey(FASTVIT_KEY);
    NavigableSet<Integer> stageEnds = stageEnds(state);
    Map<String, StoredTensor> result = new LinkedHashMap<>();
    state.forEach(
        (name, tensor) -> {
          if (name.startsWith(IMAGE)) {
            String own = name.substring(IMAGE.length());
            if (own.equals(fastVit ? "head.proj" : "classifier.proj")) {
              String head = TRUNK + (fastVit ? "head.fc" : "head");
              result.put(head + ".weight", tensor.transposed());
              result.put(head + ".bias", zeros(tensor.shape()[1]));
            } else if (fastVit) {
              result.put(TRUNK + stage(FASTVIT.apply(own), stageEnds), tensor);
            } else {
              String renamed = VIT.apply(own);
              result.put(
                  TRUNK + renamed, renamed.equals("pos_embed") ? leading(tensor, 3) : tensor);
            }
          } else if (name.startsWith(TEXT)) {
            String renamed = TEXT_TOWER.apply(name.substring(TEXT.length()));
            boolean positions = renamed.equals("positional_embedding");
            result.put("text." + renamed, positions ? leading(tensor, 2) : tensor);
          } else {
            result.put(name, tensor);
          }
        });
    return result;
  }

  /** The layers of the flat network that halve the resolution: each begins a stage. */
  private static NavigableSet<Integer> stageEnds(Map<String, StoredTensor> state) {
    NavigableSet<Integer> ends = new TreeSet<>();
    Pattern proj = Pattern.compile("network\\.(\\d+)\\.proj");
    for (String name : state.keySet()) {
      Matcher matcher = proj.matcher(name);
      if (matcher.find()) {
        ends.add(Integer.parseInt(matcher.group(1)));
      }
    }
    return ends;
  }

  private static String stage(String name, NavigableSet<Integer> stageEnds) {
    Matcher matcher = NETWORK.matcher(name);
    if (!matcher.find()) {
      return name;
    }
    String stage = "stages." + stageEnds.headSet(Integer.parseInt(matcher.group(1)), true).size();
    String part = matcher.group(2) == null ? "" : matcher.group(2);
    String place =
        switch (part) {
          case ".proj" -> ".downsample.proj";
          case ".pe" -> ".pos_emb.pos_enc";
          default -> ".blocks";
        };
    return stage + place + name.substring(matcher.end());
  }

  /** Drops leading dimensions of 1 until so many are left. */
  private static StoredTensor leading(StoredTensor tensor, int dimensions) {
    while (tensor.shape().length > dimensions && tensor.shape()[0] == 1) {
      tensor = tensor.row(0);
    }
    return tensor;
  }

  private static StoredTensor zeros(long count) {
    return new StoredTensor(
        new long[] {count},
        () -> torch.zeros(new long[] {count}, new TensorOptions(torch.ScalarType.Float)));
  }
}
