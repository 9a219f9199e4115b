package dev.troupe.nn.model.tower.fastvit;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Grouped 7×7 and 3×3 convolutions in parallel, of stride 2 (Ding et al. 2022, RepLKNet), then
 * squeeze-and-excite, if asked, and GELU; state {@code large_conv, small_conv, se}.
 */
final class LargeKernelConv extends Layer {
  private final ConvNorm large;
  private final ConvNorm small;
  private final SqueezeExcite excite;

  LargeKernelConv(long in, long out, boolean excites) {
    this.large = child("large_conv", new ConvNorm(in, out, 7, 2, in));
    this.small = child("small_conv", new ConvNorm(in, out, 3, 2, in));
    this.excite = excites ? child("se", new SqueezeExcite(out, out / 4)) : null;
  }

  /** Maps B×in×H×W to B×out×H/2×W/2. */
  Tensor forward(Tensor x_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor y_BCHW = large.forward(x_BCHW).add(small.forward(x_BCHW));
      y_BCHW = excite == null ? y_BCHW : excite.forward(y_BCHW);
      return scope.keep(Activation.GELU.apply(y_BCHW));
    }
  }
}
