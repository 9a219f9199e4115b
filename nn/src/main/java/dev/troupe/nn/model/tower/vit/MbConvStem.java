package dev.troupe.nn.model.tower.vit;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.Conv2d;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.model.tower.trunk.TimmInit;
import dev.troupe.nn.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * ViTamin's stem: two convolutions, two stages of MBConv blocks and a strided convolution, each
 * halving the grid; state {@code stem, stages, pool}.
 *
 * <p>Shapes: B samples, C channels, H×W places.
 */
final class MbConvStem extends Layer {
  private static final int[] DEPTHS = {2, 4};
  private static final double EPS = 1e-6;

  private final Stem stem;
  private final List<MbConvBlock> blocks = new ArrayList<>();
  private final Pool pool;

  MbConvStem(long width, int[] widths) {
    this.stem = child("stem", new Stem(widths[0]));
    int in = widths[0];
    for (int s = 0; s < DEPTHS.length; s++) {
      for (int d = 0; d < DEPTHS[s]; d++) {
        blocks.add(child("stages." + s + "." + d, new MbConvBlock(in, widths[s], d == 0 ? 2 : 1)));
        in = widths[s];
      }
    }
    this.pool = child("pool", new Pool(in, width));
  }

  /** Maps B×3×H×W to B×C×H/16×W/16. */
  Tensor forward(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BCHW = stem.forward(images_BCHW);
      for (MbConvBlock block : blocks) {
        x_BCHW = block.forward(x_BCHW);
      }
      return scope.keep(pool.forward(x_BCHW));
    }
  }

  private static final class Stem extends Layer {
    private final Conv2d conv1;
    private final LayerNorm norm1;
    private final Conv2d conv2;

    Stem(long width) {
      this.conv1 = child("conv1", new Conv2d(3, width, 3, 2, 1, 1, true));
      this.norm1 = child("norm1", new LayerNorm(width, EPS));
      this.conv2 = child("conv2", new Conv2d(width, width, 3, 1, 1, 1, true));
    }

    Tensor forward(Tensor images_BCHW) {
      try (TensorScope scope = new TensorScope()) {
        Tensor x_BCHW = norm1.overChannels(conv1.forward(images_BCHW));
        return scope.keep(conv2.forward(Activation.GELU.apply(x_BCHW)));
      }
    }

    @Override
    public void initialize() {
      super.initialize();
      Init.each(this, Conv2d.class, TimmInit::fanOut);
    }
  }

  private static final class Pool extends Layer {
    private final Conv2d proj;
    private final LayerNorm norm;

    Pool(long in, long out) {
      this.proj = child("proj", new Conv2d(in, out, 3, 2, 1, 1, true));
      this.norm = child("norm", new LayerNorm(in, EPS));
    }

    Tensor forward(Tensor x_BCHW) {
      try (TensorScope scope = new TensorScope()) {
        return scope.keep(proj.forward(norm.overChannels(x_BCHW)));
      }
    }
  }
}
