package dev.troupe.nn.model.tower.fastvit;

import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import org.bytedeco.pytorch.Tensor;

/** A learned scale for each channel of B×C×H×W; state {@code gamma} (C×1×1), first 1e-5. */
final class GridScale extends Layer {
  private final Tensor gamma_C11;

  GridScale(long width) {
    this.gamma_C11 = parameter("gamma", empty(width, 1, 1));
  }

  Tensor forward(Tensor x_BCHW) {
    return x_BCHW.mul(gamma_C11);
  }

  @Override
  public void initialize() {
    Init.constant(gamma_C11, 1e-5);
  }
}
