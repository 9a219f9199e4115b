package dev.troupe.nn.model;

import dev.troupe.nn.core.Attention;
import dev.troupe.nn.core.BatchNorm2d;
import dev.troupe.nn.core.Conv2d;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.core.Macs;
import dev.troupe.nn.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * CLIP's ResNet (Radford et al. 2021): a stem of three convolutions, average pooling before every
 * stride (Zhang 2019), and attention pooling at the end.
 *
 * <p>Shapes: B samples, C channels, H×W pixels, L = 1+H·W tokens, D features.
 */
final class ModifiedResNet extends ImageTower {
  private final VisionConfig config;
  private final List<Conv2d> stem = new ArrayList<>();
  private final List<BatchNorm2d> stemNorms = new ArrayList<>();
  private final List<Bottleneck> blocks = new ArrayList<>();
  private final AttentionPool pool;

  ModifiedResNet(VisionConfig config, int embedDim) {
    this.config = config;
    long width = config.width();
    stem(1, 3, width / 2, 2);
    stem(2, width / 2, width / 2, 1);
    stem(3, width / 2, width, 1);
    long in = width;
    for (int stage = 0; stage < 4; stage++) {
      long planes = width << stage;
      for (int i = 0; i < config.layers().get(stage); i++) {
        long stride = stage > 0 && i == 0 ? 2 : 1;
        String name = "layer" + (stage + 1) + "." + i;
        blocks.add(child(name, new Bottleneck(in, planes, stride)));
        in = 4 * planes;
      }
    }
    long heads = width * 32 / config.headWidth();
    long grid = config.imageHeight() / 32;
    pool = child("attnpool", new AttentionPool(grid * grid, in, heads, embedDim));
  }

  private void stem(int number, long in, long out, long stride) {
    stem.add(child("conv" + number, new Conv2d(in, out, 3, stride, 1, 1, false)));
    stemNorms.add(child("bn" + number, new BatchNorm2d(out)));
  }

  @Override
  public long width() {
    return config.width();
  }

  @Override
  public Tensor forward(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BCHW = images_BCHW.contiguous(torch.MemoryFormat.ChannelsLast);
      for (int i = 0; i < stem.size(); i++) {
        x_BCHW = torch.relu_(stemNorms.get(i).forward(stem.get(i).forward(x_BCHW)));
      }
      x_BCHW = torch.avg_pool2d(x_BCHW, 2, 2);
      for (Bottleneck block : blocks) {
        x_BCHW = block.forward(x_BCHW);
      }
      return scope.keep(pool.forward(x_BCHW));
    }
  }

  /** 1×1, 3×3 and 1×1 convolutions around which the input passes unchanged or resized. */
  private static final class Bottleneck extends Layer {
    private final long stride;
    private final Conv2d[] convs = new Conv2d[3];
    private final BatchNorm2d[] norms = new BatchNorm2d[3];
    private final Conv2d resize;
    private final BatchNorm2d resizeNorm;

    Bottleneck(long in, long planes, long stride) {
      this.stride = stride;
      long out = 4 * planes;
      convs[0] = child("conv1", new Conv2d(in, planes, 1, 1, 0, 1, false));
      norms[0] = child("bn1", new BatchNorm2d(planes));
      convs[1] = child("conv2", new Conv2d(planes, planes, 3, 1, 1, 1, false));
      norms[1] = child("bn2", new BatchNorm2d(planes));
      convs[2] = child("conv3", new Conv2d(planes, out, 1, 1, 0, 1, false));
      norms[2] = child("bn3", new BatchNorm2d(out));
      boolean resized = stride > 1 || in != out;
      resize = resized ? child("downsample.0", new Conv2d(in, out, 1, 1, 0, 1, false)) : null;
      resizeNorm = resized ? child("downsample.1", new BatchNorm2d(out)) : null;
    }

    Tensor forward(Tensor x_BCHW) {
      try (TensorScope scope = new TensorScope()) {
        Tensor y = torch.relu_(norms[0].forward(convs[0].forward(x_BCHW)));
        y = torch.relu_(norms[1].forward(convs[1].forward(y)));
        y = norms[2].forward(convs[2].forward(halve(y)));
        Tensor around = resize == null ? x_BCHW : resizeNorm.forward(resize.forward(halve(x_BCHW)));
        return scope.keep(torch.relu_(y.add_(around)));
      }
    }

    private Tensor halve(Tensor x_BCHW) {
      return stride > 1 ? torch.avg_pool2d(x_BCHW, stride, stride) : x_BCHW;
    }

    @Override
    public void initialize() {
      super.initialize();
      Init.constant(norms[2].weight(), 0);
    }
  }

  /** Attention from the mean of the grid to the grid; state of OpenCLIP's {@code attnpool}. */
  private static final class AttentionPool extends Layer {
    private final long heads;
    private final long width;
    private final Tensor position_LC;
    private final Linear k;
    private final Linear q;
    private final Linear v;
    private final Linear c;

    AttentionPool(long grid, long width, long heads, long out) {
      this.heads = heads;
      this.width = width;
      position_LC = parameter("positional_embedding", empty(grid + 1, width));
      k = child("k_proj", new Linear(width, width));
      q = child("q_proj", new Linear(width, width));
      v = child("v_proj", new Linear(width, width));
      c = child("c_proj", new Linear(width, out));
    }

    Tensor forward(Tensor x_BCHW) {
      try (TensorScope scope = new TensorScope()) {
        Tensor grid_BNC = x_BCHW.flatten(2, 3).transpose(1, 2);
        Tensor mean_B1C =
            grid_BNC.mean(new long[] {1}, true, new org.bytedeco.pytorch.ScalarTypeOptional());
        Tensor x_BLC = torch.cat(new TensorVector(mean_B1C, grid_BNC), 1);
        x_BLC = x_BLC.add(position_LC.to(x_BLC.scalar_type()));
        long unused = x_BLC.size(0) * grid_BNC.size(1); // other libraries compute, and count, all
        Macs.add(unused * width * (width + c.weight().size(0) + 2 * x_BLC.size(1)));
        Tensor y_BH1d =
            Attention.attend(
                Attention.split(q.forward(x_BLC.narrow(1, 0, 1)), heads),
                Attention.split(k.forward(x_BLC), heads),
                Attention.split(v.forward(x_BLC), heads),
                null,
                false);
        return scope.keep(c.forward(Attention.join(y_BH1d)).squeeze(1));
      }
    }

    @Override
    public void initialize() {
      super.initialize();
      double std = Math.pow(width, -0.5);
      Init.normal(position_LC, std);
      for (Linear linear : List.of(k, q, v, c)) {
        Init.normal(linear.weight(), std);
      }
    }
  }
}
