package dev.troupe.nn.model.tower.fastvit;

import dev.troupe.nn.core.Conv2d;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.model.tower.trunk.GridTrunk;
import dev.troupe.nn.model.tower.trunk.Pooling;
import dev.troupe.nn.model.tower.trunk.TimmInit;
import dev.troupe.nn.model.tower.trunk.TrunkSettings;
import dev.troupe.nn.torch.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * FastViT (Vasu et al. 2023) as MobileCLIP uses it (MCi): a convolutional stem, stages of RepMixer
 * blocks, then stages of attention, then a depthwise convolution that doubles the channels; timm's
 * {@code fastvit_mci*}.
 *
 * <p>Convolutions have the parallel branches of training, each with its batch norm, under timm's
 * names; they are linear, so they could be merged into one convolution for inference.
 *
 * <p>Shapes: B samples, C channels of a stage, H×W its grid, D outputs.
 */
public final class FastVit extends GridTrunk {
  /**
   * What tells the sizes apart.
   *
   * @param depths blocks of each stage
   * @param width channels of the first stage
   * @param mlpRatio hidden channels of an MLP for each channel
   * @param excite how many of the last downsamplings end with squeeze-and-excite
   * @param attention how many of the last stages attend
   * @param channelNorm whether attention blocks use a norm over channels instead of batch norm; the
   *     stem of these trunks has no 1×1 branches
   */
  public record Spec(
      int[] depths, long width, long mlpRatio, int excite, int attention, boolean channelNorm) {}

  /** The sizes by timm's name. */
  public static final Map<String, Spec> KNOWN =
      Map.of(
          "fastvit_mci0", new Spec(new int[] {2, 6, 10, 2}, 64, 3, 2, 1, false),
          "fastvit_mci1", new Spec(new int[] {4, 12, 20, 4}, 64, 3, 2, 1, false),
          "fastvit_mci2", new Spec(new int[] {4, 12, 24, 4}, 80, 3, 2, 1, false),
          "fastvit_mci3", new Spec(new int[] {2, 12, 24, 4, 2}, 96, 4, 0, 2, true),
          "fastvit_mci4", new Spec(new int[] {2, 12, 24, 4, 4}, 128, 4, 0, 2, true));

  private final int[] depths;
  private final MobileOneBlock[] stem;
  private final List<Stage> stages = new ArrayList<>();
  private final MobileOneBlock last;
  private final Pooling pooling;
  private final Linear classifier;
  private final long width;
  private final long outputs;

  /** Builds the trunk without filling it. */
  public FastVit(Spec spec, TrunkSettings settings) {
    settings.refusePatchDropout();
    this.depths = spec.depths;
    long width = spec.width;
    boolean scaled = !spec.channelNorm;
    this.stem =
        new MobileOneBlock[] {
          child("stem.0", MobileOneBlock.of(3, width, 3).stride(2).scaleBranch(scaled).build()),
          child(
              "stem.1",
              MobileOneBlock.of(width, width, 3).stride(2).depthwise().scaleBranch(scaled).build()),
          child("stem.2", MobileOneBlock.of(width, width, 1).build())
        };
    double[] dropPaths = settings.dropPaths(Arrays.stream(spec.depths).sum());
    int block = 0;
    for (int s = 0; s < spec.depths.length; s++) {
      double[] rates = Arrays.copyOfRange(dropPaths, block, block + spec.depths[s]);
      stages.add(child("stages." + s, new Stage(spec, s, rates)));
      block += spec.depths[s];
    }
    long channels = width << (spec.depths.length - 1);
    long features = 2 * channels;
    this.last =
        child("final_conv", MobileOneBlock.of(channels, features, 3).depthwise().excite().build());
    this.pooling =
        Pooling.of(
            settings.poolInForce("avg"), settings.name(), Pooling.AVG, Pooling.MAX, Pooling.AVGMAX);
    this.classifier =
        settings.classes() == 0 ? null : child("head.fc", new Linear(features, settings.classes()));
    this.width = features;
    this.outputs = settings.classes() == 0 ? features : settings.classes();
  }

  @Override
  public Tensor forward(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BD = pooling.grid(grid(images_BCHW));
      return scope.keep(classifier == null ? x_BD : classifier.forward(x_BD));
    }
  }

  @Override
  public Tensor grid(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BCHW = images_BCHW;
      for (MobileOneBlock part : stem) {
        x_BCHW = part.forward(x_BCHW);
      }
      for (Stage stage : stages) {
        x_BCHW = stage.forward(x_BCHW);
      }
      return scope.keep(last.forward(x_BCHW));
    }
  }

  @Override
  public long places(long pixels) {
    long places = pixels;
    for (int halving = 0; halving < stages.size() + 1; halving++) {
      places = (places + 1) / 2;
    }
    return places;
  }

  /** All sizes are pre-trained on 256×256 pixels. */
  @Override
  public long poolSize() {
    return places(256);
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
    return stageGroups(depths);
  }

  @Override
  public void initialize() {
    super.initialize();
    Init.each(this, Linear.class, TimmInit::linear);
  }

  /** Halves the grid (but for the first stage), encodes positions where it attends, then blocks. */
  private static final class Stage extends Layer {
    private final Downsample downsample;
    private final Conv2d positions;
    private final List<MixerBlock> mixers = new ArrayList<>();
    private final List<AttentionBlock> attentions = new ArrayList<>();

    Stage(Spec spec, int index, double[] dropPaths) {
      int stages = spec.depths.length;
      long width = spec.width << index;
      boolean attends = index >= stages - spec.attention;
      boolean excites = index >= stages - spec.excite;
      this.downsample =
          index == 0 ? null : child("downsample", new Downsample(width / 2, width, excites));
      this.positions =
          attends ? child("pos_emb.pos_enc", new Conv2d(width, width, 7, 1, 3, width, true)) : null;
      for (int d = 0; d < dropPaths.length; d++) {
        if (attends) {
          attentions.add(child("blocks." + d, new AttentionBlock(spec, width, dropPaths[d])));
        } else {
          mixers.add(child("blocks." + d, new MixerBlock(spec, width, dropPaths[d])));
        }
      }
    }

    Tensor forward(Tensor in_BCHW) {
      try (TensorScope scope = new TensorScope()) {
        Tensor x_BCHW = downsample == null ? in_BCHW : downsample.forward(in_BCHW);
        if (positions != null) {
          x_BCHW = positions.forward(x_BCHW).add(x_BCHW);
        }
        for (MixerBlock block : mixers) {
          x_BCHW = block.forward(x_BCHW);
        }
        for (AttentionBlock block : attentions) {
          x_BCHW = block.forward(x_BCHW);
        }
        return scope.keep(x_BCHW);
      }
    }
  }

  /** State {@code proj.0}, a large convolution, and {@code proj.1}, a 1×1 block. */
  private static final class Downsample extends Layer {
    private final LargeKernelConv large;
    private final MobileOneBlock pointwise;

    Downsample(long in, long out, boolean excites) {
      this.large = child("proj.0", new LargeKernelConv(in, out, excites));
      this.pointwise = child("proj.1", MobileOneBlock.of(out, out, 1).build());
    }

    Tensor forward(Tensor x_BCHW) {
      try (TensorScope scope = new TensorScope()) {
        return scope.keep(pointwise.forward(large.forward(x_BCHW)));
      }
    }
  }
}
