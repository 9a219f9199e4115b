package dev.troupe.nn.model.tower.fastvit;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.Conv2d;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.model.tower.trunk.TimmInit;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/** A depthwise 7×7 convolution, then an MLP of 1×1 convolutions; state {@code conv, fc1, fc2}. */
final class ConvMlp extends Layer {
  private final ConvNorm depthwise;
  private final Conv2d first;
  private final Conv2d second;

  ConvMlp(long width, long hidden) {
    this.depthwise = child("conv", new ConvNorm(width, width, 7, 1, width));
    this.first = child("fc1", new Conv2d(width, hidden, 1, 1, 0, 1, true));
    this.second = child("fc2", new Conv2d(hidden, width, 1, 1, 0, 1, true));
  }

  Tensor forward(Tensor x_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor hidden = Activation.GELU.apply(first.forward(depthwise.forward(x_BCHW)));
      return scope.keep(second.forward(hidden));
    }
  }

  @Override
  public void initialize() {
    super.initialize();
    Init.each(this, Conv2d.class, TimmInit::conv);
  }
}
