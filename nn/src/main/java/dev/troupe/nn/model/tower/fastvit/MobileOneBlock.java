package dev.troupe.nn.model.tower.fastvit;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.BatchNorm2d;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Parallel linear branches that are summed (Vasu et al. 2023, MobileOne): a k×k convolution, a 1×1
 * convolution and, where the shape stays, the input itself, each with its batch norm; then
 * squeeze-and-excite and GELU, if asked. State {@code se, identity, conv_kxk.0, conv_scale}.
 *
 * <p>Shapes: B samples, C channels, H×W places.
 */
final class MobileOneBlock extends Layer {
  private final SqueezeExcite excite;
  private final BatchNorm2d identity;
  private final ConvNorm conv;
  private final ConvNorm scale;
  private final boolean activated;

  private MobileOneBlock(Shape shape) {
    long groups = shape.depthwise ? shape.in : 1;
    boolean same = shape.in == shape.out && shape.stride == 1;
    this.excite = shape.excite ? child("se", new SqueezeExcite(shape.out, shape.out / 16)) : null;
    this.identity = same ? child("identity", new BatchNorm2d(shape.in)) : null;
    this.conv =
        shape.onlyIdentity
            ? null
            : child(
                "conv_kxk.0",
                new ConvNorm(shape.in, shape.out, shape.kernel, shape.stride, groups));
    this.scale =
        shape.scale && shape.kernel > 1
            ? child("conv_scale", new ConvNorm(shape.in, shape.out, 1, shape.stride, groups))
            : null;
    this.activated = shape.activated;
  }

  Tensor forward(Tensor x_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor sum = scale == null ? null : scale.forward(x_BCHW);
      sum = identity == null ? sum : plus(sum, identity.forward(x_BCHW));
      sum = conv == null ? sum : plus(sum, conv.forward(x_BCHW));
      Tensor y_BCHW = excite == null ? sum : excite.forward(sum);
      return scope.keep(activated ? Activation.GELU.apply(y_BCHW) : y_BCHW);
    }
  }

  private static Tensor plus(Tensor sum, Tensor branch) {
    return sum == null ? branch : sum.add(branch);
  }

  /** Starts the description of a block with all branches and GELU. */
  static Shape of(long in, long out, long kernel) {
    return new Shape(in, out, kernel);
  }

  /** The shape of a block. */
  static final class Shape {
    private final long in;
    private final long out;
    private final long kernel;
    private long stride = 1;
    private boolean depthwise;
    private boolean excite;
    private boolean scale = true;
    private boolean onlyIdentity;
    private boolean activated = true;

    private Shape(long in, long out, long kernel) {
      this.in = in;
      this.out = out;
      this.kernel = kernel;
    }

    Shape stride(long stride) {
      this.stride = stride;
      return this;
    }

    /** One group for each input channel. */
    Shape depthwise() {
      this.depthwise = true;
      return this;
    }

    Shape excite() {
      this.excite = true;
      return this;
    }

    Shape scaleBranch(boolean scale) {
      this.scale = scale;
      return this;
    }

    /** Leaves a batch norm of the input alone. */
    Shape onlyIdentity() {
      this.onlyIdentity = true;
      this.scale = false;
      return this;
    }

    /** Leaves GELU out. */
    Shape linear() {
      this.activated = false;
      return this;
    }

    MobileOneBlock build() {
      return new MobileOneBlock(this);
    }
  }
}
