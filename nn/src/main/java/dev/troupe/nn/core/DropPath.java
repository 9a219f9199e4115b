package dev.troupe.nn.core;

import dev.troupe.nn.torch.RandomState;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Stochastic depth (Huang et al. 2016): in training, drops a residual branch for whole samples and
 * scales the others up. It has no state.
 */
public final class DropPath extends Layer {
  private final double rate;

  /**
   * Drops with the given probability.
   *
   * @param rate in [0, 1)
   */
  public DropPath(double rate) {
    this.rate = rate;
  }

  /** Drops rows of the first axis. */
  public Tensor forward(Tensor x) {
    if (rate == 0 || !isTraining()) {
      return x;
    }
    try (TensorScope scope = new TensorScope()) {
      long[] shape = new long[(int) x.dim()];
      java.util.Arrays.fill(shape, 1);
      shape[0] = x.size(0);
      Tensor mask =
          torch.empty(shape, x.options(), new org.bytedeco.pytorch.MemoryFormatOptional());
      mask.bernoulli_(1 - rate, RandomState.generator(mask));
      mask.mul_(new Scalar(1 / (1 - rate)));
      return scope.keep(x.mul(mask));
    }
  }
}
