package dev.troupe.nn.core;

import dev.troupe.nn.torch.TensorScope;
import java.util.function.Consumer;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** Fills parameters with first values from libtorch's default generator, outside of autograd. */
public final class Init {
  private Init() {}

  /** Normal values of mean 0. */
  public static void normal(Tensor tensor, double std) {
    quietly(tensor, t -> t.normal_(0, std, new GeneratorOptional()));
  }

  /** Uniform values in [-bound, bound]. */
  public static void uniform(Tensor tensor, double bound) {
    quietly(tensor, t -> t.uniform_(-bound, bound, new GeneratorOptional()));
  }

  /**
   * Normal values of mean 0, cut at ±2 (not ±2 standard deviations), by the inverse of the normal
   * distribution, as timm's and PyTorch's {@code trunc_normal_} do. Those draw -2 itself once in 16
   * million values, a hundred standard deviations out; here the outermost value has 5.4.
   */
  public static void truncatedNormal(Tensor tensor, double std) {
    double edge = Math.min(erf(2 / std / Math.sqrt(2)), Math.nextDown(1f));
    quietly(
        tensor,
        t -> {
          t.uniform_(-edge, edge, new GeneratorOptional());
          t.erfinv_();
          t.mul_(new Scalar(std * Math.sqrt(2)));
          t.clamp_(
              new org.bytedeco.pytorch.ScalarOptional(new Scalar(-2.0)),
              new org.bytedeco.pytorch.ScalarOptional(new Scalar(2.0)));
        });
  }

  /** Normal values of mean 0, cut at ±2 standard deviations: timm's {@code trunc_normal_tf_}. */
  public static void cutNormal(Tensor tensor, double std) {
    double edge = erf(2 / Math.sqrt(2));
    quietly(
        tensor,
        t -> {
          t.uniform_(-edge, edge, new GeneratorOptional());
          t.erfinv_();
          t.mul_(new Scalar(std * Math.sqrt(2)));
        });
  }

  /**
   * Normal values cut at ±2 standard deviations and rescaled, so that their variance is 1/{@code
   * fanIn}: timm's {@code lecun_normal_}.
   */
  public static void lecunNormal(Tensor tensor, long fanIn) {
    cutNormal(tensor, Math.sqrt(1.0 / fanIn) / 0.87962566103423978);
  }

  /**
   * PyTorch's default for Linear and Conv: uniform with bound 1/√fanIn (Kaiming uniform with a =
   * √5), for weight and bias alike.
   */
  public static void fanIn(Tensor tensor, long fanIn) {
    uniform(tensor, 1 / Math.sqrt(fanIn));
  }

  /** Glorot and Bengio's uniform values (2010) for a matrix of {@code fanOut}×{@code fanIn}. */
  public static void xavierUniform(Tensor tensor, long fanIn, long fanOut) {
    uniform(tensor, Math.sqrt(6.0 / (fanIn + fanOut)));
  }

  /** One value everywhere. */
  public static void constant(Tensor tensor, double value) {
    quietly(tensor, t -> t.fill_(new Scalar(value)));
  }

  /** Applies {@code start} to every layer of a kind below {@code root}. */
  public static <L extends Layer> void each(Layer root, Class<L> kind, Consumer<L> start) {
    for (Layer child : root.children().values()) {
      if (kind.isInstance(child)) {
        start.accept(kind.cast(child));
      }
      each(child, kind, start);
    }
  }

  /** Runs {@code fill} on the tensor without autograd; its temporaries are freed. */
  public static void quietly(Tensor tensor, Consumer<Tensor> fill) {
    try (TensorScope scope = new TensorScope();
        NoGradGuard guard = new NoGradGuard()) {
      fill.accept(tensor);
    }
  }

  /** The error function to double precision (Abramowitz and Stegun 7.1.5 and 7.1.14). */
  static double erf(double x) {
    double magnitude = Math.abs(x);
    if (magnitude > 6) {
      return Math.signum(x);
    }
    // The Taylor series converges for every x; at |x| <= 6 its terms stay within double range.
    double sum = magnitude;
    double term = magnitude;
    for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum) || n < 40; n++) {
      term *= -magnitude * magnitude / n;
      sum += term / (2 * n + 1);
    }
    return Math.signum(x) * Math.min(1, 2 / Math.sqrt(Math.PI) * sum);
  }
}
