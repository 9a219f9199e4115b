package dev.troupe.nn.model.tower.text;

import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * A text encoder: from token ids to one vector a token. Padding is seen by no token.
 *
 * <p>Shapes: B texts, L tokens, C channels.
 */
abstract class TextEncoder extends Layer {
  /** The first weights of RoBERTa's and M2M100's layers. */
  static final double STD = 0.02;

  /**
   * Encodes.
   *
   * @param tokens_BL ids, int64
   * @param real_BL true where there is no padding
   * @return B×L×C
   */
  abstract Tensor forward(Tensor tokens_BL, Tensor real_BL);

  /**
   * Prefixes of parameter names, one group for each step by which {@code --lock-text} can leave the
   * output side trainable: embeddings, then layers; what follows them belongs to the last.
   */
  abstract List<List<String>> groups();

  static List<List<String>> groups(String embeddings, String layer, int layers, String last) {
    List<List<String>> groups = new ArrayList<>();
    groups.add(List.of(embeddings));
    for (int i = 0; i < layers - 1; i++) {
      groups.add(List.of(layer + i + "."));
    }
    groups.add(List.of(layer + (layers - 1) + ".", last));
    return groups;
  }

  /** The encoder of a family. */
  static TextEncoder of(EncoderSpec spec, TextPooling pooling) {
    return switch (spec.family()) {
      case ROBERTA -> new Roberta(spec, pooling == TextPooling.CLS);
      case MT5 -> new Mt5(spec);
      case M2M100 -> new M2m100(spec);
    };
  }

  /** Pools as the model itself does for its first token, where it has learned to; else null. */
  Tensor poolFirst(Tensor x_BLC) {
    return null;
  }

  /** What attention adds to scores: 0 for tokens, −∞ for padding; B×1×1×L. */
  static Tensor mask(Tensor real_BL, torch.ScalarType type) {
    try (TensorScope scope = new TensorScope()) {
      Tensor mask_BL =
          torch.zeros_like(
              real_BL,
              real_BL.options().dtype(new ScalarTypeOptional(type)),
              new MemoryFormatOptional());
      mask_BL.masked_fill_(real_BL.bitwise_not(), new Scalar(Double.NEGATIVE_INFINITY));
      return scope.keep(mask_BL.unsqueeze(1).unsqueeze(1));
    }
  }

  /** Positions of tokens, counted from {@code pad} + 1; padding has position {@code pad}. */
  static Tensor positions(Tensor real_BL, long pad) {
    try (TensorScope scope = new TensorScope()) {
      Tensor ones_BL = real_BL.to(torch.ScalarType.Long);
      return scope.keep(ones_BL.cumsum(1).mul(ones_BL).add(new Scalar(pad)));
    }
  }

  /** Gives embeddings the type of the layers that follow, where those were cast alone. */
  static Tensor like(Linear layer, Tensor x) {
    return x.to(layer.weight().scalar_type());
  }

  /** Draws a table of deviation {@link #STD} whose row for padding is 0. */
  static void table(Tensor weight, long pad) {
    Init.normal(weight, STD);
    Init.quietly(weight, t -> t.select(0, pad).zero_());
  }
}
