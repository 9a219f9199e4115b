package dev.troupe.nn.model.tower.vit;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.BatchNorm2d;
import dev.troupe.nn.core.Conv2d;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Three convolutions without overlap, by 4, 2 and 2, the first two with batch norm and GELU; state
 * {@code 0.conv, 0.bn, 1.conv, 1.bn, 2.conv}.
 *
 * <p>Shapes: B samples, H×W pixels, C channels.
 */
final class ConvStem extends Layer {
  private final Conv2d first;
  private final BatchNorm2d firstNorm;
  private final Conv2d second;
  private final BatchNorm2d secondNorm;
  private final Conv2d third;

  ConvStem(long width, long hidden) {
    this.first = child("0.conv", new Conv2d(3, hidden, 4, 4, 0, 1, false));
    this.firstNorm = child("0.bn", new BatchNorm2d(hidden));
    this.second = child("1.conv", new Conv2d(hidden, hidden, 2, 2, 0, 1, false));
    this.secondNorm = child("1.bn", new BatchNorm2d(hidden));
    this.third = child("2.conv", new Conv2d(hidden, width, 2, 2, 0, 1, true));
  }

  /** Maps B×3×H×W to B×C×H/16×W/16. */
  Tensor forward(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BCHW = Activation.GELU.apply(firstNorm.forward(first.forward(images_BCHW)));
      x_BCHW = Activation.GELU.apply(secondNorm.forward(second.forward(x_BCHW)));
      return scope.keep(third.forward(x_BCHW));
    }
  }
}
