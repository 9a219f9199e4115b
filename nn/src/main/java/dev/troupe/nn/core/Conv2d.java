package dev.troupe.nn.core;

import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** A two-dimensional convolution over B×C×H×W; state {@code weight} and {@code bias}. */
public final class Conv2d extends Layer {
  private final long fanIn;
  private final long[] stride;
  private final long[] padding;
  private final long groups;
  private final Tensor weight;
  private final Tensor bias;

  /**
   * A square convolution with dilation 1.
   *
   * @param groups 1 for a full convolution, {@code in} for a depthwise one
   */
  public Conv2d(
      long in, long out, long kernel, long stride, long padding, long groups, boolean bias) {
    this.fanIn = in / groups * kernel * kernel;
    this.stride = new long[] {stride, stride};
    this.padding = new long[] {padding, padding};
    this.groups = groups;
    this.weight = parameter("weight", empty(out, in / groups, kernel, kernel));
    this.bias = bias ? parameter("bias", empty(out)) : null;
  }

  /**
   * Convolves.
   *
   * @param x_BCHW in {@code in} channels
   * @return B×out×H'×W'
   */
  public Tensor forward(Tensor x_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      TensorOptional offset = bias == null ? new TensorOptional() : new TensorOptional(bias);
      Tensor y =
          x_BCHW.is_meta()
              ? Macs.shape(x_BCHW, x_BCHW.size(0), weight.size(0), side(x_BCHW, 2), side(x_BCHW, 3))
              : torch.conv2d(x_BCHW, weight, offset, stride, padding, new long[] {1, 1}, groups);
      Macs.add(y.numel() * fanIn);
      return scope.keep(y);
    }
  }

  private long side(Tensor x_BCHW, int axis) {
    return (x_BCHW.size(axis) + 2 * padding[0] - weight.size(axis)) / stride[0] + 1;
  }

  /** The kernel, out×in/groups×k×k. */
  public Tensor weight() {
    return weight;
  }

  /** The bias, or null without one. */
  public Tensor bias() {
    return bias;
  }

  /** The number of groups that the channels are split into. */
  public long groups() {
    return groups;
  }

  @Override
  public void initialize() {
    Init.fanIn(weight, fanIn);
    if (bias != null) {
      Init.fanIn(bias, fanIn);
    }
  }
}
