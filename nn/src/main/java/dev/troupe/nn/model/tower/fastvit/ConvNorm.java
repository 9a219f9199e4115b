package dev.troupe.nn.model.tower.fastvit;

import dev.troupe.nn.core.BatchNorm2d;
import dev.troupe.nn.core.Conv2d;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/** A convolution without bias and its batch norm; state {@code conv} and {@code bn}. */
final class ConvNorm extends Layer {
  private final Conv2d conv;
  private final BatchNorm2d norm;

  /** Pads so that stride 1 keeps the grid. */
  ConvNorm(long in, long out, long kernel, long stride, long groups) {
    long padding = (stride - 1 + kernel - 1) / 2;
    this.conv = child("conv", new Conv2d(in, out, kernel, stride, padding, groups, false));
    this.norm = child("bn", new BatchNorm2d(out));
  }

  Tensor forward(Tensor x_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      return scope.keep(norm.forward(conv.forward(x_BCHW)));
    }
  }
}
