package dev.troupe.nn.model;

import dev.troupe.nn.core.Activation;

/**
 * The sizes of a transformer and what its blocks are made of.
 *
 * @param width values a token
 * @param layers blocks
 * @param heads attention heads
 * @param hidden values between the two maps of a perceptron
 * @param layerScale start of the layer scale, or null for none
 * @param activation of the perceptrons
 * @param normEps what norms add to variances
 */
record TransformerShape(
    int width,
    int layers,
    int heads,
    int hidden,
    Double layerScale,
    Activation activation,
    double normEps) {

  static TransformerShape of(VisionConfig vision, boolean quickGelu) {
    return new TransformerShape(
        vision.width(),
        vision.layers().get(0),
        vision.width() / vision.headWidth(),
        (int) (vision.width() * vision.mlpRatio()),
        vision.layerScale(),
        activation(quickGelu, vision.gelu()),
        vision.normEps());
  }

  static TransformerShape of(TextConfig text, boolean quickGelu) {
    return new TransformerShape(
        text.width(),
        text.layers(),
        text.heads(),
        (int) (text.width() * text.mlpRatio()),
        text.layerScale(),
        activation(quickGelu, text.gelu()),
        text.normEps());
  }

  /** The decoder's perceptrons are always 4 wide, whatever {@code multimodal_cfg} says. */
  static TransformerShape of(DecoderConfig decoder, boolean quickGelu) {
    return new TransformerShape(
        decoder.width(),
        decoder.layers(),
        decoder.heads(),
        4 * decoder.width(),
        decoder.layerScale(),
        activation(quickGelu, "none"),
        1e-5);
  }

  private static Activation activation(boolean quickGelu, String gelu) {
    if (quickGelu) {
      return Activation.QUICK_GELU;
    }
    return gelu.equals("tanh") ? Activation.GELU_TANH : Activation.GELU;
  }
}
