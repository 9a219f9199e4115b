package dev.troupe.nn.core;

import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * Layer normalisation of the last axis (Ba et al. 2016), in the precision of its weights and back
 * in that of its input; state {@code weight} and {@code bias}.
 */
public final class LayerNorm extends Layer {
  private final long[] shape;
  private final double eps;
  private final Tensor weight;
  private final Tensor bias;

  /** PyTorch's default, eps 1e-5. */
  public LayerNorm(long width) {
    this(width, 1e-5);
  }

  /** Normalises rows of {@code width} values. */
  public LayerNorm(long width, double eps) {
    this.shape = new long[] {width};
    this.eps = eps;
    this.weight = parameter("weight", empty(width));
    this.bias = parameter("bias", empty(width));
  }

  /** Normalises …×width. */
  public Tensor forward(Tensor x) {
    if (x.is_meta()) {
      return x;
    }
    try (TensorScope scope = new TensorScope()) {
      torch.ScalarType in = x.scalar_type().intern();
      torch.ScalarType own = weight.scalar_type().intern();
      Tensor y =
          torch.layer_norm(
              in == own ? x : x.to(own),
              shape,
              new TensorOptional(weight),
              new TensorOptional(bias),
              eps,
              true);
      return scope.keep(in == own ? y : y.to(in));
    }
  }

  /** Normalises the channels of each place of B×C×H×W. */
  public Tensor overChannels(Tensor x_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      return scope.keep(forward(x_BCHW.permute(0, 2, 3, 1)).permute(0, 3, 1, 2));
    }
  }

  @Override
  public void initialize() {
    Init.constant(weight, 1);
    Init.constant(bias, 0);
  }
}
