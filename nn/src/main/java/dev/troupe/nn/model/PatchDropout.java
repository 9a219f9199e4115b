package dev.troupe.nn.model;

import dev.troupe.nn.core.Layer;
import dev.troupe.nn.torch.RandomState;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Drops patches in training (Li et al. 2023): keeps the class token and a random choice of the
 * others, in random order. It has no state.
 *
 * <p>Shapes: B samples, L tokens of which the first is the class, K patches kept, W width.
 */
final class PatchDropout extends Layer {
  private final double rate;

  PatchDropout(double rate) {
    this.rate = rate;
  }

  /** Maps B×L×W to B×(1+K)×W in training; otherwise hands x on. */
  Tensor forward(Tensor x_BLW) {
    if (rate == 0 || !isTraining()) {
      return x_BLW;
    }
    try (TensorScope scope = new TensorScope()) {
      long samples = x_BLW.size(0);
      long patches = x_BLW.size(1) - 1;
      long keep = Math.max(1, (long) (patches * (1 - rate)));
      Tensor chosen_BK =
          torch
              .randn(new long[] {samples, patches}, RandomState.host())
              .topk(keep)
              .get1()
              .to(x_BLW.device(), torch.ScalarType.Long);
      Tensor patches_BKW =
          x_BLW
              .narrow(1, 1, patches)
              .gather(1, chosen_BK.unsqueeze(2).expand(-1, -1, x_BLW.size(2)), false);
      return scope.keep(torch.cat(new TensorVector(x_BLW.narrow(1, 0, 1), patches_BKW), 1));
    }
  }
}
