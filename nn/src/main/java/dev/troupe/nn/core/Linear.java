package dev.troupe.nn.core;

import org.bytedeco.pytorch.Tensor;

/** y = x·Wᵀ + b on the last axis; state {@code weight} (out×in) and {@code bias} (out). */
public final class Linear extends Layer {
  private final long in;
  private final Tensor weight;
  private final Tensor bias;

  /** A map from {@code in} to {@code out} values with a bias. */
  public Linear(long in, long out) {
    this(in, out, true);
  }

  /** A map from {@code in} to {@code out} values. */
  public Linear(long in, long out, boolean bias) {
    this.in = in;
    this.weight = parameter("weight", empty(out, in));
    this.bias = bias ? parameter("bias", empty(out)) : null;
  }

  /**
   * Maps …×in to …×out.
   *
   * @param x of any leading shape
   */
  public Tensor forward(Tensor x) {
    return Product.linear(this, x, weight, bias);
  }

  /** Maps …×in to …×out, and each value of the result by a non-linearity. */
  public Tensor forward(Tensor x, Activation activation) {
    return Product.linear(this, x, weight, bias, activation);
  }

  /**
   * Maps …×in to …×out with another bias than its own.
   *
   * @param offset of {@code out} values
   */
  public Tensor forward(Tensor x, Tensor offset) {
    return Product.linear(this, x, weight, offset);
  }

  /** The matrix, out×in. */
  public Tensor weight() {
    return weight;
  }

  /** The bias, or null without one. */
  public Tensor bias() {
    return bias;
  }

  @Override
  public void initialize() {
    Init.fanIn(weight, in);
    if (bias != null) {
      Init.fanIn(bias, in);
    }
  }
}
