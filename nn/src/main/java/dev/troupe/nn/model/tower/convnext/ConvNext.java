package dev.troupe.nn.model.tower.convnext;

import dev.troupe.nn.core.Conv2d;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.model.tower.trunk.GridTrunk;
import dev.troupe.nn.model.tower.trunk.Pooling;
import dev.troupe.nn.model.tower.trunk.TimmInit;
import dev.troupe.nn.model.tower.trunk.TrunkSettings;
import dev.troupe.nn.torch.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * ConvNeXt (Liu et al. 2022): a patch stem and four stages of depthwise 7×7 convolutions, then
 * pool, norm and, if asked, a classifier; timm's {@code convnext_*}.
 *
 * <p>Shapes: B samples, C channels of a stage, H×W its grid (a quarter of the image, then halved by
 * each stage), D outputs.
 */
public final class ConvNext extends GridTrunk {
  /**
   * What tells the sizes apart.
   *
   * @param depths blocks of each stage
   * @param widths channels of each stage
   * @param eps of the norms
   * @param poolSize the side of the last grid in pre-training
   */
  public record Spec(int[] depths, int[] widths, double eps, long poolSize) {}

  /** The sizes by timm's name. */
  public static final Map<String, Spec> KNOWN =
      Map.of(
          "convnext_tiny", new Spec(blocks(3, 3, 9, 3), widths(96), 1e-6, 7),
          "convnext_small", new Spec(blocks(3, 3, 27, 3), widths(96), 1e-6, 7),
          "convnext_base", new Spec(blocks(3, 3, 27, 3), widths(128), 1e-6, 7),
          "convnext_large", new Spec(blocks(3, 3, 27, 3), widths(192), 1e-6, 7),
          "convnext_xlarge", new Spec(blocks(3, 3, 27, 3), widths(256), 1e-6, 7),
          "convnext_xxlarge", new Spec(blocks(3, 4, 30, 3), widths(384), 1e-5, 8));

  private final Spec spec;
  private final Conv2d stem;
  private final LayerNorm stemNorm;
  private final List<Downsample> downsamples = new ArrayList<>();
  private final List<List<ConvNextBlock>> stages = new ArrayList<>();
  private final Pooling pooling;
  private final LayerNorm norm;
  private final Linear classifier;
  private final long width;
  private final long outputs;

  /** Builds the trunk without filling it. */
  public ConvNext(Spec spec, TrunkSettings settings) {
    settings.refusePatchDropout();
    this.spec = spec;
    int[] widths = spec.widths;
    this.stem = child("stem.0", new Conv2d(3, widths[0], 4, 4, 0, 1, true));
    this.stemNorm = child("stem.1", new LayerNorm(widths[0], spec.eps));
    double[] dropPaths = settings.dropPaths(java.util.Arrays.stream(spec.depths).sum());
    for (int s = 0, block = 0; s < widths.length; s++) {
      String stage = "stages." + s;
      if (s > 0) {
        downsamples.add(
            child(stage + ".downsample", new Downsample(widths[s - 1], widths[s], spec.eps)));
      }
      List<ConvNextBlock> blocks = new ArrayList<>();
      for (int d = 0; d < spec.depths[s]; d++, block++) {
        blocks.add(
            child(
                stage + ".blocks." + d, new ConvNextBlock(widths[s], spec.eps, dropPaths[block])));
      }
      stages.add(blocks);
    }
    long last = widths[widths.length - 1];
    this.pooling =
        Pooling.of(
            settings.poolInForce("avg"), settings.name(), Pooling.AVG, Pooling.MAX, Pooling.AVGMAX);
    this.norm = child("head.norm", new LayerNorm(last, spec.eps));
    this.classifier =
        settings.classes() == 0 ? null : child("head.fc", new Linear(last, settings.classes()));
    this.width = last;
    this.outputs = settings.classes() == 0 ? last : settings.classes();
  }

  @Override
  public Tensor forward(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BD = norm.forward(pooling.grid(stages(images_BCHW)));
      return scope.keep(classifier == null ? x_BD : classifier.forward(x_BD));
    }
  }

  @Override
  public Tensor grid(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      return scope.keep(norm.overChannels(stages(images_BCHW)));
    }
  }

  private Tensor stages(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BCHW = stemNorm.overChannels(stem.forward(images_BCHW));
      for (int s = 0; s < stages.size(); s++) {
        if (s > 0) {
          x_BCHW = downsamples.get(s - 1).forward(x_BCHW);
        }
        for (ConvNextBlock block : stages.get(s)) {
          x_BCHW = block.forward(x_BCHW);
        }
      }
      return scope.keep(x_BCHW);
    }
  }

  @Override
  public long places(long pixels) {
    return pixels / (4L << downsamples.size());
  }

  @Override
  public long poolSize() {
    return spec.poolSize;
  }

  @Override
  public long width() {
    return width;
  }

  @Override
  public long outputs() {
    return outputs;
  }

  @Override
  public List<List<String>> groups() {
    return stageGroups(spec.depths);
  }

  @Override
  public void initialize() {
    super.initialize();
    Init.each(this, Conv2d.class, TimmInit::conv);
    Init.each(this, Linear.class, TimmInit::linear);
  }

  private static int[] blocks(int... depths) {
    return depths;
  }

  private static int[] widths(int first) {
    return new int[] {first, 2 * first, 4 * first, 8 * first};
  }

  /** Norm, then a 2×2 convolution that halves the grid. */
  private static final class Downsample extends Layer {
    private final LayerNorm norm;
    private final Conv2d conv;

    Downsample(long in, long out, double eps) {
      this.norm = child("0", new LayerNorm(in, eps));
      this.conv = child("1", new Conv2d(in, out, 2, 2, 0, 1, true));
    }

    Tensor forward(Tensor x_BCHW) {
      try (TensorScope scope = new TensorScope()) {
        return scope.keep(conv.forward(norm.overChannels(x_BCHW)));
      }
    }
  }
}
