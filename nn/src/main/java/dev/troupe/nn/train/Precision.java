package dev.troupe.nn.train;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Number formats of training, with the names of OpenCLIP's {@code --precision}. */
public enum Precision {
  /** Everything in 32-bit floats. */
  FP32("fp32", null, null, false),

  /** Weights in 32 bits; matrix products in fp16, with the loss scaled against underflow. */
  AMP("amp", ScalarType.Half, null, false),

  /** Weights in 32 bits; matrix products in bfloat16. */
  AMP_BF16("amp_bf16", ScalarType.BFloat16, null, false),

  /** Weights of linear layers, convolutions and projections in bfloat16, the others in 32 bits. */
  BF16("bf16", null, ScalarType.BFloat16, false),

  /** Weights of linear layers, convolutions and projections in fp16, the others in 32 bits. */
  FP16("fp16", null, ScalarType.Half, false),

  /** All weights in bfloat16. */
  PURE_BF16("pure_bf16", null, ScalarType.BFloat16, true),

  /** All weights in fp16. */
  PURE_FP16("pure_fp16", null, ScalarType.Half, true);

  private final String flag;
  private final ScalarType autocast;
  private final ScalarType weights;
  private final boolean pure;

  Precision(String flag, ScalarType autocast, ScalarType weights, boolean pure) {
    this.flag = flag;
    this.autocast = autocast;
    this.weights = weights;
    this.pure = pure;
  }

  /** The precision of OpenCLIP's name; {@code amp_bfloat16} is {@code amp_bf16}. */
  public static Precision of(String flag) {
    String name = flag.equals("amp_bfloat16") ? "amp_bf16" : flag;
    return Arrays.stream(values())
        .filter(p -> p.flag.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "precision: " + flag + " (expected: one of " + names() + ")"));
  }

  private static String names() {
    return Arrays.stream(values()).map(Precision::toString).collect(Collectors.joining(", "));
  }

  /** The type of matrix products under autocast, or null. */
  public ScalarType autocast() {
    return autocast;
  }

  /** The type that weights are cast to, or null. */
  ScalarType weights() {
    return weights;
  }

  /** The type of the pixels that a model in this precision takes. */
  public ScalarType pixels() {
    return weights == null ? ScalarType.Float : weights;
  }

  /** Whether all weights are cast, not only those of matrix products. */
  boolean pure() {
    return pure;
  }

  /** Whether gradients may underflow, so that the loss is scaled. */
  boolean scalesLoss() {
    return autocast == ScalarType.Half;
  }

  @Override
  public String toString() {
    return flag;
  }
}
