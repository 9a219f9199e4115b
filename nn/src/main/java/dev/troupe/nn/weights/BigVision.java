package dev.troupe.nn.weights;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Google's big_vision, in which SigLIP and SigLIP2 were trained: Flax's names and its order of
 * dimensions (inputs before outputs), blocks one by one or stacked along a first dimension. The
 * same as OpenCLIP's {@code load_big_vision_weights}.
 */
final class BigVision implements Layout {
  @Override
  public String name() {
    return "big_vision";
  }

  @Override
  public boolean matches(Map<String, StoredTensor> state) {
    return state.containsKey("img/embedding/kernel")
        || state.containsKey("params/img/embedding/kernel");
  }

  @Override
  public Map<String, StoredTensor> convert(Map<String, StoredTensor> state, Set<String> target) {
    String root = state.containsKey("params/img/embedding/kernel") ? "params/" : "";
    return new Reader(state, root).read();
  }

  /** Moves one file's arrays; what it does not know stays under its own name. */
  private static final class Reader {
    private final Map<String, StoredTensor> rest;
    private final String root;
    private final Map<String, StoredTensor> result = new LinkedHashMap<>();

    Reader(Map<String, StoredTensor> state, String root) {
      this.rest = new LinkedHashMap<>(state);
      this.root = root;
    }

    Map<String, StoredTensor> read() {
      String trunk = "visual.trunk.";
      put(trunk + "patch_embed.proj.weight", kernel(take("img/embedding/kernel")));
      put(trunk + "patch_embed.proj.bias", take("img/embedding/bias"));
      put(trunk + "cls_token", take("img/cls"));
      put(trunk + "pos_embed", take("img/pos_embedding"));
      blocks("img/Transformer/", trunk + "blocks.", this::imageBlock);
      norm("img/Transformer/encoder_norm", trunk + "norm");
      pool("img/MAPHead_0/", trunk + "attn_pool.");

      put("text.token_embedding.weight", take("txt/Embed_0/embedding"));
      StoredTensor positions = take("txt/pos_embedding");
      if (positions != null && positions.shape().length == 3) {
        positions = positions.row(0);
      }
      put("text.positional_embedding", positions);
      blocks("txt/Encoder_0/", "text.transformer.resblocks.", this::textBlock);
      norm("txt/Encoder_0/encoder_norm", "text.ln_final");
      dense("txt/head", -1, "text.text_projection");
      put("logit_bias", scalar(take("b")));
      put("logit_scale", scalar(take("t")));
      result.putAll(rest);
      return result;
    }

    /** Converts the block {@code from}; {@code index} is its place in stacked arrays, or -1. */
    private interface Block {
      void convert(String from, int index, String to);
    }

    private void blocks(String from, String to, Block block) {
      StoredTensor stacked = rest.get(root + from + "encoderblock/LayerNorm_0/scale");
      if (stacked != null) {
        int count = (int) stacked.shape()[0];
        for (int i = 0; i < count; i++) {
          block.convert(from + "encoderblock/", i, to + i + ".");
        }
        String prefix = root + from + "encoderblock/";
        rest.keySet().removeIf(name -> name.startsWith(prefix));
        return;
      }
      for (int i = 0;
          rest.containsKey(root + from + "encoderblock_" + i + "/LayerNorm_0/scale");
          i++) {
        block.convert(from + "encoderblock_" + i + "/", -1, to + i + ".");
      }
    }

    private void imageBlock(String from, int index, String to) {
      norm(from + "LayerNorm_0", index, to + "norm1");
      attention(
          from + "MultiHeadDotProductAttention_0/", index, to + "attn.qkv.", to + "attn.proj");
      norm(from + "LayerNorm_1", index, to + "norm2");
      dense(from + "MlpBlock_0/Dense_0", index, to + "mlp.fc1");
      dense(from + "MlpBlock_0/Dense_1", index, to + "mlp.fc2");
    }

    private void textBlock(String from, int index, String to) {
      norm(from + "LayerNorm_0", index, to + "ln_1");
      attention(
          from + "MultiHeadDotProductAttention_0/",
          index,
          to + "attn.in_proj_",
          to + "attn.out_proj");
      norm(from + "LayerNorm_1", index, to + "ln_2");
      dense(from + "MlpBlock_0/Dense_0", index, to + "mlp.c_fc");
      dense(from + "MlpBlock_0/Dense_1", index, to + "mlp.c_proj");
    }

    private void pool(String from, String to) {
      if (!rest.containsKey(root + from + "probe")) {
        return;
      }
      String attention = from + "MultiHeadDotProductAttention_0/";
      put(to + "latent", take(from + "probe"));
      put(to + "q.weight", heads(take(attention + "query/kernel")));
      put(to + "q.bias", flat(take(attention + "query/bias")));
      put(
          to + "kv.weight",
          join(heads(take(attention + "key/kernel")), heads(take(attention + "value/kernel"))));
      put(
          to + "kv.bias",
          join(flat(take(attention + "key/bias")), flat(take(attention + "value/bias"))));
      put(to + "proj.weight", output(take(attention + "out/kernel")));
      put(to + "proj.bias", take(attention + "out/bias"));
      norm(from + "LayerNorm_0", to + "norm");
      dense(from + "MlpBlock_0/Dense_0", -1, to + "mlp.fc1");
      dense(from + "MlpBlock_0/Dense_1", -1, to + "mlp.fc2");
    }

    private void attention(String from, int index, String joint, String output) {
      put(
          joint + "weight",
          join(
              Stream.of("query", "key", "value")
                  .map(part -> heads(take(from + part + "/kernel", index)))
                  .toArray(StoredTensor[]::new)));
      put(
          joint + "bias",
          join(
              Stream.of("query", "key", "value")
                  .map(part -> flat(take(from + part + "/bias", index)))
                  .toArray(StoredTensor[]::new)));
      put(output + ".weight", output(take(from + "out/kernel", index)));
      put(output + ".bias", take(from + "out/bias", index));
    }

    private void norm(String from, String to) {
      norm(from, -1, to);
    }

    private void norm(String from, int index, String to) {
      put(to + ".weight", take(from + "/scale", index));
      put(to + ".bias", take(from + "/bias", index));
    }

    private void dense(String from, int index, String to) {
      StoredTensor kernel = take(from + "/kernel", index);
      put(
          to + ".weight",
          kernel == null || kernel.shape().length != 2 ? kernel : kernel.transposed());
      put(to + ".bias", take(from + "/bias", index));
    }

    /** A convolution: height×width×in×out becomes out×in×height×width. */
    private static StoredTensor kernel(StoredTensor hwio) {
      if (hwio == null || hwio.shape().length != 4) {
        return hwio;
      }
      long[] s = hwio.shape();
      return hwio.map(new long[] {s[3], s[2], s[0], s[1]}, t -> t.permute(3, 2, 0, 1));
    }

    /** A projection to heads: in×heads×width becomes (heads·width)×in. */
    private static StoredTensor heads(StoredTensor ihd) {
      if (ihd == null || ihd.shape().length != 3) {
        return ihd;
      }
      long in = ihd.shape()[0];
      return ihd.reshape(in, ihd.shape()[1] * ihd.shape()[2]).transposed();
    }

    /** A projection from heads: heads×width×out becomes out×(heads·width). */
    private static StoredTensor output(StoredTensor hdo) {
      if (hdo == null || hdo.shape().length != 3) {
        return hdo;
      }
      return hdo.reshape(hdo.shape()[0] * hdo.shape()[1], hdo.shape()[2]).transposed();
    }

    private static StoredTensor flat(StoredTensor tensor) {
      return tensor == null ? null : tensor.reshape(tensor.elements());
    }

    private static StoredTensor scalar(StoredTensor tensor) {
      return tensor == null || tensor.shape().length != 1 ? tensor : tensor.row(0);
    }

    private static StoredTensor join(StoredTensor... parts) {
      for (StoredTensor part : parts) {
        if (part == null || part.shape().length != parts[0].shape().length) {
          return null;
        }
      }
      return StoredTensor.joined(List.of(parts));
    }

    private StoredTensor take(String name) {
      return take(name, -1);
    }

    private StoredTensor take(String name, int index) {
      if (index < 0) {
        return rest.remove(root + name);
      }
      StoredTensor stacked = rest.get(root + name);
      return stacked == null || stacked.shape().length == 0 || index >= stacked.shape()[0]
          ? null
          : stacked.row(index);
    }

    private void put(String name, StoredTensor tensor) {
      if (tensor != null) {
        result.put(name, tensor);
      }
    }
  }
}
