package dev.troupe.nn.model.tower.text;

import dev.troupe.nn.torch.TensorScope;
import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** How {@code hf_pooler_type} makes one vector of a text's tokens. */
enum TextPooling {
  /** The mean of the tokens without padding. */
  MEAN("mean_pooler"),
  /**
   * The largest value of each channel over the tokens without padding. (OpenCLIP masks the tokens
   * instead of the padding, which recent PyTorch refuses to run.)
   */
  MAX("max_pooler"),
  /** The model's own pooling of the first token, where it has one, else the first token. */
  CLS("cls_pooler"),
  /** The first token. */
  FIRST("cls_last_hidden_state_pooler");

  private final String name;

  TextPooling(String name) {
    this.name = name;
  }

  static TextPooling of(String name) {
    for (TextPooling pooling : values()) {
      if (pooling.name.equals(name)) {
        return pooling;
      }
    }
    throw new IllegalArgumentException(
        "hf_pooler_type: "
            + name
            + " (expected: one of "
            + Arrays.stream(values()).map(p -> p.name).toList()
            + ")");
  }

  /**
   * Pools B×L×C to B×C.
   *
   * @param real_BL true where there is no padding
   */
  Tensor apply(TextEncoder encoder, Tensor x_BLC, Tensor real_BL) {
    try (TensorScope scope = new TensorScope()) {
      switch (this) {
        case MEAN:
          Tensor real_BL1 = real_BL.unsqueeze(-1).to(x_BLC.scalar_type());
          return scope.keep(x_BLC.mul(real_BL1).sum(1).div(real_BL1.sum(1)));
        case MAX:
          Tensor padding_BL1 = real_BL.bitwise_not().unsqueeze(-1);
          Scalar never = new Scalar(Double.NEGATIVE_INFINITY);
          return scope.keep(x_BLC.masked_fill(padding_BL1, never).amax(new long[] {1}, false));
        default:
          Tensor pooled = this == CLS ? encoder.poolFirst(x_BLC) : null;
          return scope.keep(pooled != null ? pooled : x_BLC.select(1, 0));
      }
    }
  }
}
