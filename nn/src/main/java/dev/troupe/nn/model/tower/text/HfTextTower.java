package dev.troupe.nn.model.tower.text;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.model.TextConfig;
import dev.troupe.nn.model.TextTower;
import dev.troupe.nn.model.Tokens;
import dev.troupe.nn.torch.TensorScope;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * A text tower from Hugging Face: encoder, pooling, projection, with the state of OpenCLIP's {@code
 * HFTextEncoder} ({@code transformer.*}, {@code proj.*}).
 *
 * <p>Shapes: B texts, L tokens, C channels of the encoder, D features.
 */
public final class HfTextTower extends TextTower {
  private final EncoderSpec spec;
  private final TextPooling pooling;
  private final TextEncoder encoder;
  private final Linear[] projection;

  /**
   * Builds the text tower of a configuration that names an encoder, without filling it.
   *
   * @throws IllegalArgumentException if the encoder is unknown
   */
  public static HfTextTower of(ModelConfig config) {
    TextConfig.HuggingFace hf = config.text().huggingFace();
    return new HfTextTower(EncoderSpec.of(hf.name()), hf.pooler(), hf.proj(), config.embedDim());
  }

  /**
   * Builds a tower without filling it.
   *
   * @param spec the encoder
   * @param pooler {@code hf_pooler_type}
   * @param proj {@code hf_proj_type}: {@code linear}, {@code mlp}, or empty for none, which needs
   *     features as wide as the encoder
   * @param features D
   */
  public HfTextTower(EncoderSpec spec, String pooler, String proj, long features) {
    this.spec = spec;
    this.pooling = TextPooling.of(pooler);
    this.encoder = child("transformer", TextEncoder.of(spec, pooling));
    long width = spec.width();
    switch (proj) {
      case "linear":
        this.projection = new Linear[] {child("proj", new Linear(width, features, false))};
        break;
      case "mlp":
        long hidden = (width + features) / 2;
        this.projection =
            new Linear[] {
              child("proj.0", new Linear(width, hidden, false)),
              child("proj.2", new Linear(hidden, features, false))
            };
        break;
      case "":
        if (width == features) {
          this.projection = new Linear[0];
          break;
        }
        throw new IllegalArgumentException(
            "hf_proj_type: null (expected: linear or mlp, as the encoder has "
                + width
                + " channels and embed_dim is "
                + features
                + ")");
      default:
        throw new IllegalArgumentException(
            "hf_proj_type: " + proj + " (expected: linear, mlp or null)");
    }
  }

  /**
   * Encodes texts.
   *
   * @param tokens_BL ids, int64, padded with the encoder's padding id
   * @return features, B×D
   */
  @Override
  public Tensor forward(Tensor tokens_BL) {
    try (TensorScope scope = new TensorScope()) {
      return scope.keep(forwardWithTokens(tokens_BL).pooled());
    }
  }

  /** Features, and the encoder's result without the first token where pooling took that. */
  @Override
  public Tokens forwardWithTokens(Tensor tokens_BL) {
    long length = tokens_BL.size(1);
    if (spec.positions() > 0 && length > spec.positions()) {
      throw new IllegalArgumentException(
          "context length: " + length + " (expected: at most " + spec.positions() + ")");
    }
    try (TensorScope scope = new TensorScope()) {
      Tensor real_BL = tokens_BL.ne(new Scalar(spec.pad()));
      Tensor x_BLC = encoder.forward(tokens_BL, real_BL);
      Tensor x_BD = pooling.apply(encoder, x_BLC, real_BL);
      for (int i = 0; i < projection.length; i++) {
        x_BD = projection[i].forward(i == 0 ? x_BD : Activation.GELU.apply(x_BD));
      }
      Tensor rest_BLC = pooling == TextPooling.CLS ? x_BLC.narrow(1, 1, length - 1) : x_BLC;
      return new Tokens(scope.keep(x_BD), scope.keep(rest_BLC));
    }
  }

  /** Padding is masked, so that what is cut off changes nothing. */
  @Override
  public int usedTokens(int longestCaption, int contextLength) {
    return Math.min(longestCaption, contextLength);
  }

  @Override
  public List<List<String>> lockGroups() {
    return encoder.groups().stream()
        .map(group -> group.stream().map(prefix -> "transformer." + prefix).toList())
        .toList();
  }

  /** OpenCLIP locks the encoder and leaves the projection free. */
  @Override
  public String lockedPrefix() {
    return "transformer.";
  }

  /** The encoder's architecture; {@code pad} pads texts. */
  public EncoderSpec spec() {
    return spec;
  }
}
