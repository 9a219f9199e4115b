package dev.troupe.nn.core;

import dev.troupe.nn.torch.Operator;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * x·Wᵀ + b, and perhaps GELU of it.
 *
 * <p>In inference on a CPU, oneDNN's kernel computes it, which libtorch itself uses in compiled
 * programs alone: its products are faster than the BLAS library's, and GELU is applied to each
 * block of the result while that is still in the cache.
 */
public final class Product {
  private Product() {}

  /**
   * Maps …×in to …×out.
   *
   * @param layer whose product it is: not in training, it computes inference
   * @param weight out×in
   * @param bias of out values, or null
   */
  public static Tensor linear(Layer layer, Tensor x, Tensor weight, Tensor bias) {
    return linear(layer, x, weight, bias, null);
  }

  /**
   * Maps …×in to …×out, and each value of the result by a non-linearity.
   *
   * @param activation or null for none
   */
  static Tensor linear(Layer layer, Tensor x, Tensor weight, Tensor bias, Activation activation) {
    Macs.add(weight.numel() * (x.numel() / weight.size(1)));
    try (TensorScope scope = new TensorScope()) {
      boolean inference = !layer.isTraining() && OneDnn.takes(x, weight);
      if (inference && (activation == Activation.GELU || activation == Activation.GELU_TANH)) {
        return scope.keep(
            OneDnn.linear(x, weight, bias, activation == Activation.GELU ? "none" : "tanh"));
      }
      Tensor y =
          inference
              ? OneDnn.linear(x, weight, bias, null)
              : torch.linear(
                  x, weight, bias == null ? new TensorOptional() : new TensorOptional(bias));
      return scope.keep(activation == null ? y : activation.apply(y));
    }
  }

  /** The kernel, which has no gradient. */
  private static final class OneDnn {
    private static final boolean PRESENT = torch.hasMKLDNN();
    private static final Operator LINEAR =
        PRESENT ? new Operator("mkldnn::_linear_pointwise", "") : null;
    private static final GenericList NO_SCALARS = PRESENT ? LINEAR.emptyList(4) : null;

    static boolean takes(Tensor x, Tensor weight) {
      return PRESENT
          && x.is_cpu()
          && !GradMode.is_enabled()
          && x.scalar_type().intern() == ScalarType.Float
          && weight.scalar_type().intern() == ScalarType.Float
          && x.numel() > 0
          && !torch.is_autocast_enabled(DeviceType.CPU);
    }

    /**
     * @param gelu which GELU, or null for none
     */
    static Tensor linear(Tensor x, Tensor weight, Tensor bias, String gelu) {
      return LINEAR
          .call(
              new IValue(x),
              new IValue(weight),
              bias == null ? Operator.none() : new IValue(bias),
              new IValue(gelu == null ? "none" : "gelu"),
              new IValue(NO_SCALARS),
              new IValue(gelu == null ? "" : gelu))
          .get(0)
          .toTensor();
    }
  }
}
