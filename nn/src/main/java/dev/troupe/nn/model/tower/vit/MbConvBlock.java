package dev.troupe.nn.model.tower.vit;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.Conv2d;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.model.tower.trunk.TimmInit;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * An inverted bottleneck (Sandler et al. 2018) behind a layer norm: 1×1 to four times the channels,
 * depthwise 3×3, 1×1 back, and a shortcut that averages where the grid is halved.
 *
 * <p>Shapes: B samples, C channels, H×W places.
 */
final class MbConvBlock extends Layer {
  private final boolean halves;
  private final Conv2d expand;
  private final LayerNorm norm;
  private final Conv2d conv1;
  private final Conv2d conv2;
  private final Conv2d conv3;

  MbConvBlock(long in, long out, long stride) {
    long hidden = 4 * out;
    this.halves = stride == 2;
    this.expand =
        in == out ? null : child("shortcut.expand", new Conv2d(in, out, 1, 1, 0, 1, true));
    this.norm = child("pre_norm", new LayerNorm(in, 1e-6));
    this.conv1 = child("conv1_1x1", new Conv2d(in, hidden, 1, 1, 0, 1, true));
    this.conv2 = child("conv2_kxk", new Conv2d(hidden, hidden, 3, stride, 1, hidden, true));
    this.conv3 = child("conv3_1x1", new Conv2d(hidden, out, 1, 1, 0, 1, true));
  }

  Tensor forward(Tensor x_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor y_BCHW = conv1.forward(norm.overChannels(x_BCHW));
      y_BCHW = conv2.forward(Activation.GELU.apply(y_BCHW));
      y_BCHW = conv3.forward(Activation.GELU.apply(y_BCHW));
      return scope.keep(y_BCHW.add(shortcut(x_BCHW)));
    }
  }

  private Tensor shortcut(Tensor x_BCHW) {
    if (!halves) {
      return x_BCHW;
    }
    long[] three = {3, 3};
    long[] two = {2, 2};
    long[] one = {1, 1};
    Tensor y_BCHW = torch.avg_pool2d(x_BCHW, three, two, one, false, false, new LongOptional());
    return expand == null ? y_BCHW : expand.forward(y_BCHW);
  }

  @Override
  public void initialize() {
    super.initialize();
    Init.each(this, Conv2d.class, TimmInit::fanOut);
  }
}
