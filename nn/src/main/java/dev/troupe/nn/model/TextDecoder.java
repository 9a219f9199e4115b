package dev.troupe.nn.model;

import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * CoCa's multimodal decoder (Yu et al. 2022): causal blocks over the text, each followed by one
 * that looks at the image; state {@code resblocks.N}, {@code cross_attn.N}, {@code ln_final},
 * {@code text_projection}.
 *
 * <p>Shapes: B samples, L text tokens, N image tokens, T width, V vocabulary.
 */
public final class TextDecoder extends Layer {
  private final TransformerShape shape;
  private final List<ResidualAttentionBlock> blocks = new ArrayList<>();
  private final List<ResidualAttentionBlock> crossing = new ArrayList<>();
  private final LayerNorm lnFinal;
  private final Tensor projection_TV;

  TextDecoder(DecoderConfig config, int vocabSize, boolean quickGelu) {
    this.shape = TransformerShape.of(config, quickGelu);
    projection_TV = parameter("text_projection", empty(shape.width(), vocabSize));
    for (int i = 0; i < shape.layers(); i++) {
      blocks.add(child("resblocks." + i, new ResidualAttentionBlock(shape, false)));
    }
    for (int i = 0; i < shape.layers(); i++) {
      crossing.add(child("cross_attn." + i, new ResidualAttentionBlock(shape, true)));
    }
    lnFinal = child("ln_final", new LayerNorm(shape.width(), shape.normEps()));
  }

  /**
   * Predicts each text position's next token.
   *
   * @param image_BNT from the image tower
   * @param text_BLT from the text tower
   * @return logits, B×L×V
   */
  public Tensor forward(Tensor image_BNT, Tensor text_BLT) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BLT = text_BLT;
      for (int i = 0; i < blocks.size(); i++) {
        x_BLT = blocks.get(i).forward(x_BLT, (Tensor) null, true);
        x_BLT = crossing.get(i).forward(x_BLT, image_BNT);
      }
      return scope.keep(Transformer.project(lnFinal.forward(x_BLT), projection_TV));
    }
  }

  /**
   * Starts like the text tower. OpenCLIP 3.3.0 means to, but never calls its own method, so that
   * its projection is uninitialised memory.
   */
  @Override
  public void initialize() {
    super.initialize();
    blocks.forEach(b -> b.initializeAsText(shape.width(), shape.layers()));
    crossing.forEach(b -> b.initializeAsText(shape.width(), shape.layers()));
    Init.normal(projection_TV, Math.pow(shape.width(), -0.5));
  }
}
