package dev.troupe.nn.model.tower.convnext;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.Conv2d;
import dev.troupe.nn.core.DropPath;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.Mlp;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/**
 * x + γ·MLP(norm(depthwise(x))), the MLP over the channels of each place.
 *
 * <p>Shapes: B samples, C channels, H×W places.
 */
final class ConvNextBlock extends Layer {
  private static final double GAMMA = 1e-6;

  private final Tensor gamma_C;
  private final Conv2d depthwise;
  private final LayerNorm norm;
  private final Mlp mlp;
  private final DropPath dropPath;

  ConvNextBlock(long width, double eps, double dropPath) {
    this.gamma_C = parameter("gamma", empty(width));
    this.depthwise = child("conv_dw", new Conv2d(width, width, 7, 1, 3, width, true));
    this.norm = child("norm", new LayerNorm(width, eps));
    this.mlp = child("mlp", Mlp.timm(width, 4 * width, Activation.GELU));
    this.dropPath = child("drop_path", new DropPath(dropPath));
  }

  Tensor forward(Tensor x_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor y_BHWC = depthwise.forward(x_BCHW).permute(0, 2, 3, 1);
      y_BHWC = mlp.forward(norm.forward(y_BHWC)).mul(gamma_C);
      return scope.keep(dropPath.forward(y_BHWC.permute(0, 3, 1, 2)).add(x_BCHW));
    }
  }

  @Override
  public void initialize() {
    super.initialize();
    Init.constant(gamma_C, GAMMA);
  }
}
