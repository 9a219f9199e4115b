package dev.troupe.nn.core;

import dev.troupe.nn.torch.RandomState;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Sets values to 0 in training and scales the others up (Srivastava et al. 2014). It has no state.
 */
public final class Dropout extends Layer {
  private final double rate;

  /**
   * Drops with the given probability.
   *
   * @param rate in [0, 1)
   */
  public Dropout(double rate) {
    this.rate = rate;
  }

  /** Drops single values of a tensor of any shape. */
  public Tensor forward(Tensor x) {
    if (now() == 0) {
      return x;
    }
    try (TensorScope scope = new TensorScope()) {
      Tensor mask = torch.empty_like(x.detach());
      mask.bernoulli_(1 - rate, RandomState.generator(mask));
      return scope.keep(x.mul(mask.div_(new Scalar(1 - rate))));
    }
  }

  /** The probability in force: 0 outside of training. */
  public double now() {
    return isTraining() ? rate : 0;
  }
}
