package dev.troupe.nn.core;

import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/** A learned scale per channel (Touvron et al. 2021); state {@code gamma}. */
public final class LayerScale extends Layer {
  private final double start;
  private final Tensor gamma;

  /** Scales {@code width} channels, starting at {@code start}. */
  public LayerScale(long width, double start) {
    this.start = start;
    this.gamma = parameter("gamma", empty(width));
  }

  /** Scales …×width. */
  public Tensor forward(Tensor x) {
    try (TensorScope scope = new TensorScope()) {
      return scope.keep(x.mul(gamma.to(x.scalar_type())));
    }
  }

  @Override
  public void initialize() {
    Init.constant(gamma, start);
  }
}
