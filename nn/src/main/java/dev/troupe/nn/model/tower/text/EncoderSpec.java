package dev.troupe.nn.model.tower.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The architecture of a Hugging Face text encoder, as the {@code config.json} of a model tells it.
 *
 * <p>The base models that OpenCLIP's own configurations name are built in; for others, {@code
 * hf_model_name} is a folder with a {@code config.json}.
 *
 * @param family which encoder
 * @param vocabulary rows of the token table
 * @param width channels
 * @param layers number of layers
 * @param heads attention heads
 * @param headWidth channels of a head
 * @param hidden channels inside an MLP
 * @param positions longest text; 0 when there is no limit
 * @param types rows of RoBERTa's table of token types, of which only the first is used
 * @param eps of the norms
 * @param pad the id of padding
 * @param dropout the rate of dropout in training
 * @param attentionDropout the rate for attention weights
 * @param buckets number of relative distances that mT5 tells apart
 * @param furthest distance from which on mT5 tells no more apart
 * @param scaleEmbedding whether M2M100 multiplies token embeddings by √width
 */
public record EncoderSpec(
    Family family,
    long vocabulary,
    long width,
    int layers,
    long heads,
    long headWidth,
    long hidden,
    long positions,
    long types,
    double eps,
    long pad,
    double dropout,
    double attentionDropout,
    long buckets,
    long furthest,
    boolean scaleEmbedding) {
  private static final String RESOURCE = "encoders.json";

  /** The encoders, by Hugging Face's {@code model_type}. */
  public enum Family {
    /** RoBERTa (Liu et al. 2019), and XLM-RoBERTa (Conneau et al. 2020), which differ in tokens. */
    ROBERTA("roberta", "xlm-roberta"),
    /** The encoder of mT5 (Xue et al. 2021). */
    MT5("mt5"),
    /** The encoder of M2M100 (Fan et al. 2020), which NLLB uses. */
    M2M100("m2m_100");

    private final List<String> types;

    Family(String... types) {
      this.types = List.of(types);
    }

    static Family of(String type, String source) {
      List<String> known = new ArrayList<>();
      for (Family family : values()) {
        if (family.types.contains(type)) {
          return family;
        }
        known.addAll(family.types);
      }
      throw new IllegalArgumentException(
          source + ": model_type: " + type + " (expected: one of " + known + ")");
    }
  }

  /**
   * The encoder of a name.
   *
   * @param name {@code hf_model_name}: a built-in name or a folder with a {@code config.json}
   */
  public static EncoderSpec of(String name) {
    try (InputStream in = EncoderSpec.class.getResourceAsStream(RESOURCE)) {
      ObjectMapper mapper = new ObjectMapper();
      JsonNode builtIn = mapper.readTree(in);
      if (builtIn.has(name)) {
        return read(builtIn.get(name), name);
      }
      Path file = Path.of(name, "config.json");
      if (Files.isRegularFile(file)) {
        return read(mapper.readTree(file.toFile()), file.toString());
      }
      List<String> names = new ArrayList<>();
      builtIn.fieldNames().forEachRemaining(names::add);
      throw new IllegalArgumentException(
          "hf_model_name: "
              + name
              + " (expected: one of "
              + names
              + ", or a folder with the config.json of a RoBERTa, XLM-RoBERTa, mT5 or M2M100 model)");
    } catch (IOException e) {
      throw new IllegalArgumentException("hf_model_name: " + name + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads a {@code config.json}; absent keys have transformers' defaults.
   *
   * @param source named in errors
   */
  static EncoderSpec read(JsonNode json, String source) {
    Family family = Family.of(json.path("model_type").asText(""), source);
    Reader r = new Reader(json, source);
    return switch (family) {
      case ROBERTA -> roberta(r);
      case MT5 -> mt5(r);
      case M2M100 -> m2m100(r);
    };
  }

  private static EncoderSpec roberta(Reader r) {
    r.only("hidden_act", "gelu");
    long width = r.whole("hidden_size", 768);
    long heads = r.whole("num_attention_heads", 12);
    r.divides(heads, width);
    long pad = r.whole("pad_token_id", 1);
    return new EncoderSpec(
        Family.ROBERTA,
        r.whole("vocab_size", 50265),
        width,
        (int) r.whole("num_hidden_layers", 12),
        heads,
        width / heads,
        r.whole("intermediate_size", 3072),
        r.whole("max_position_embeddings", 512) - pad - 1,
        r.whole("type_vocab_size", 2),
        r.number("layer_norm_eps", 1e-12),
        pad,
        r.number("hidden_dropout_prob", 0.1),
        r.number("attention_probs_dropout_prob", 0.1),
        0,
        0,
        false);
  }

  private static EncoderSpec mt5(Reader r) {
    r.only("feed_forward_proj", "gated-gelu");
    double dropout = r.number("dropout_rate", 0.1);
    return new EncoderSpec(
        Family.MT5,
        r.whole("vocab_size", 250112),
        r.whole("d_model", 512),
        (int) r.whole("num_layers", 8),
        r.whole("num_heads", 6),
        r.whole("d_kv", 64),
        r.whole("d_ff", 1024),
        0,
        0,
        r.number("layer_norm_epsilon", 1e-6),
        r.whole("pad_token_id", 0),
        dropout,
        dropout,
        r.whole("relative_attention_num_buckets", 32),
        r.whole("relative_attention_max_distance", 128),
        false);
  }

  private static EncoderSpec m2m100(Reader r) {
    r.only("activation_function", "relu");
    double layerDrop = r.number("encoder_layerdrop", 0.05);
    if (layerDrop != 0) {
      throw r.error("encoder_layerdrop", Double.toString(layerDrop), "0; whole layers always run");
    }
    long width = r.whole("d_model", 1024);
    long heads = r.whole("encoder_attention_heads", 16);
    r.divides(heads, width);
    return new EncoderSpec(
        Family.M2M100,
        r.whole("vocab_size", 128112),
        width,
        (int) r.whole("encoder_layers", 12),
        heads,
        width / heads,
        r.whole("encoder_ffn_dim", 4096),
        r.whole("max_position_embeddings", 1024),
        0,
        1e-5,
        r.whole("pad_token_id", 1),
        r.number("dropout", 0.1),
        r.number("attention_dropout", 0.1),
        0,
        0,
        r.json.path("scale_embedding").asBoolean(true));
  }

  /** Reads values of one file with errors that name it. */
  private record Reader(JsonNode json, String source) {
    long whole(String key, long fallback) {
      JsonNode value = json.path(key);
      if (value.isMissingNode() || value.isNull()) {
        return fallback;
      }
      if (!value.isIntegralNumber() || value.asLong() < 0) {
        throw error(key, value.toString(), "a whole number >= 0");
      }
      return value.asLong();
    }

    double number(String key, double fallback) {
      JsonNode value = json.path(key);
      if (!value.isMissingNode() && !value.isNumber()) {
        throw error(key, value.toString(), "a number");
      }
      return value.asDouble(fallback);
    }

    void only(String key, String... supported) {
      String value = json.path(key).asText(supported[0]);
      if (!Arrays.asList(supported).contains(value)) {
        throw error(key, value, String.join(" or ", supported));
      }
    }

    void divides(long heads, long width) {
      if (heads == 0 || width % heads != 0) {
        throw error("attention heads", Long.toString(heads), "a divisor of the width " + width);
      }
    }

    IllegalArgumentException error(String key, String value, String expected) {
      return new IllegalArgumentException(
          source + ": " + key + ": " + value + " (expected: " + expected + ")");
    }
  }
}
