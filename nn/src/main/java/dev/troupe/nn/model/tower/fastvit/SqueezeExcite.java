package dev.troupe.nn.model.tower.fastvit;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.Conv2d;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Scales channels by a function of their means (Hu et al. 2018); state {@code fc1} and {@code fc2},
 * 1×1 convolutions.
 */
final class SqueezeExcite extends Layer {
  private final Conv2d squeeze;
  private final Conv2d excite;

  SqueezeExcite(long width, long hidden) {
    this.squeeze = child("fc1", new Conv2d(width, hidden, 1, 1, 0, 1, true));
    this.excite = child("fc2", new Conv2d(hidden, width, 1, 1, 0, 1, true));
  }

  Tensor forward(Tensor x_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor means_BC11 = x_BCHW.mean(2, 3).unsqueeze(-1).unsqueeze(-1);
      Tensor hidden = Activation.RELU.apply(squeeze.forward(means_BC11));
      return scope.keep(x_BCHW.mul(excite.forward(hidden).sigmoid()));
    }
  }
}
