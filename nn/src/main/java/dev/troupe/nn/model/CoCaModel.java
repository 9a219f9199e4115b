package dev.troupe.nn.model;

import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/**
 * A CLIP model that also writes captions (Yu et al. 2022): a decoder over the text tower's tokens
 * looks at the image tower's.
 *
 * <p>Shapes: B samples, L tokens, D features, V vocabulary.
 */
public final class CoCaModel extends DualEncoder {
  private final TextDecoder decoder;

  CoCaModel(ModelConfig config) {
    super(config);
    decoder =
        child(
            "text_decoder",
            new TextDecoder(config.decoder(), config.text().vocabSize(), config.quickGelu()));
  }

  /**
   * What the losses of CoCa compare.
   *
   * @param imageFeatures raw, B×D
   * @param textFeatures raw, B×D
   * @param captionLogits of the tokens 1…L−1, B×(L−1)×V; the labels are {@code tokens[:, 1:]}
   */
  public record Output(Tensor imageFeatures, Tensor textFeatures, Tensor captionLogits) {}

  /**
   * Encodes both sides and predicts each caption token from those before it.
   *
   * @param images_BCHW normalised pixels
   * @param tokens_BL token ids, int64
   */
  public Output forward(Tensor images_BCHW, Tensor tokens_BL) {
    try (TensorScope scope = new TensorScope()) {
      Tokens image = imageTower().forwardWithTokens(images_BCHW);
      Tokens text = textTower().forwardWithTokens(tokens_BL);
      Tensor before = text.tokens().narrow(1, 0, text.tokens().size(1) - 1);
      Tensor logits = decoder.forward(image.tokens(), before);
      return new Output(scope.keep(image.pooled()), scope.keep(text.pooled()), scope.keep(logits));
    }
  }

  /** The class token stands behind the padding, and captions are predicted at every position. */
  @Override
  public int usedTokens(int longestCaption, int contextLength) {
    return contextLength;
  }

  /** The decoder, for generating captions token by token. */
  public TextDecoder decoder() {
    return decoder;
  }
}
