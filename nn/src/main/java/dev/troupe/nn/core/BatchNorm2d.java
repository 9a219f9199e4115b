package dev.troupe.nn.core;

import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Batch normalisation over B, H and W (Ioffe and Szegedy 2015), momentum 0.1; state {@code weight},
 * {@code bias}, {@code running_mean}, {@code running_var}, {@code num_batches_tracked}.
 */
public final class BatchNorm2d extends Layer {
  private final double eps;
  private final Tensor weight;
  private final Tensor bias;
  private final Tensor mean;
  private final Tensor variance;
  private final Tensor batches;
  private boolean frozen;

  /** PyTorch's default, eps 1e-5. */
  public BatchNorm2d(long channels) {
    this(channels, 1e-5);
  }

  /** Normalises {@code channels} channels. */
  public BatchNorm2d(long channels, double eps) {
    this.eps = eps;
    this.weight = parameter("weight", empty(channels));
    this.bias = parameter("bias", empty(channels));
    this.mean = buffer("running_mean", empty(channels));
    this.variance = buffer("running_var", empty(channels));
    this.batches = buffer("num_batches_tracked", empty(torch.ScalarType.Long));
  }

  /** Normalises by the batch's statistics in training, by the running ones otherwise. */
  public Tensor forward(Tensor x_BCHW) {
    if (x_BCHW.is_meta()) {
      return x_BCHW;
    }
    boolean learning = isTraining() && !frozen;
    try (TensorScope scope = new TensorScope()) {
      if (learning) {
        Init.quietly(batches, t -> t.add_(new Scalar(1L)));
      }
      return scope.keep(
          torch.batch_norm(
              x_BCHW,
              new TensorOptional(weight),
              new TensorOptional(bias),
              new TensorOptional(mean),
              new TensorOptional(variance),
              learning,
              0.1,
              eps,
              true));
    }
  }

  /** The scale, which OpenCLIP starts at 0 in the last norm of a residual block. */
  public Tensor weight() {
    return weight;
  }

  /**
   * Keeps the running statistics as they are and uses them in training too ({@code
   * --lock-image-freeze-bn-stats}).
   */
  public void freeze() {
    frozen = true;
  }

  @Override
  public void initialize() {
    Init.constant(weight, 1);
    Init.constant(bias, 0);
    Init.constant(mean, 0);
    Init.constant(variance, 1);
    Init.constant(batches, 0);
  }
}
