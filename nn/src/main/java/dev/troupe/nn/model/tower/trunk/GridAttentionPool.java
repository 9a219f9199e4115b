package dev.troupe.nn.model.tower.trunk;

import dev.troupe.nn.core.Attention;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.InterpolateFuncOptions;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.kBicubic;

/**
 * Pooling of a grid by attention from its mean (Radford et al. 2021), with learned positions
 * ({@code abs_attn}) or rotary ones ({@code rot_attn}); state {@code pos_embed?, qkv, proj}.
 *
 * <p>Shapes: B samples, C channels, h×w places, N = 1 + h·w tokens, H heads of d, D features.
 */
public final class GridAttentionPool extends Layer {
  private static final int HEAD = 64;

  private final long side;
  private final Tensor positions_NC;
  private final RotaryTable rotary;
  private final Linear qkv;
  private final Linear proj;

  /**
   * Pools the grid of a trunk.
   *
   * @param pool {@code abs_attn} or {@code rot_attn}
   * @param height of the images, pixels
   * @param width of the images, pixels
   */
  public GridAttentionPool(String pool, GridTrunk trunk, long height, long width, long features) {
    long channels = trunk.outputs();
    boolean learned = pool.equals("abs_attn");
    if (channels % HEAD != 0) {
      throw new IllegalArgumentException(
          "timm_pool: " + pool + " (expected: a trunk with a multiple of 64 channels)");
    }
    this.side = trunk.poolSize();
    this.positions_NC = learned ? parameter("pos_embed", empty(side * side + 1, channels)) : null;
    this.qkv = child("qkv", new Linear(channels, 3 * channels));
    this.proj = child("proj", new Linear(channels, features));
    this.rotary =
        learned
            ? null
            : child(
                "rope",
                new RotaryTable(HEAD, trunk.places(height), trunk.places(width), 7, 0, false, 1));
  }

  /** Pools B×C×h×w to B×D. */
  public Tensor forward(Tensor x_BChw) {
    try (TensorScope scope = new TensorScope()) {
      Tensor x_BNC = x_BChw.flatten(2, 3).transpose(1, 2);
      x_BNC = torch.cat(new TensorVector(x_BNC.mean(new long[] {1}).unsqueeze(1), x_BNC), 1);
      if (positions_NC != null) {
        x_BNC = x_BNC.add(positions(x_BChw.size(2), x_BChw.size(3)).to(x_BNC.scalar_type()));
      }
      Tensor[] qkv_BHNd = Attention.splitFused(qkv.forward(x_BNC), x_BChw.size(1) / HEAD);
      if (rotary != null) {
        qkv_BHNd[0] = RotaryTable.rotate(qkv_BHNd[0], rotary.at(null));
        qkv_BHNd[1] = RotaryTable.rotate(qkv_BHNd[1], rotary.at(null));
      }
      Tensor q_BH1d = qkv_BHNd[0].narrow(2, 0, 1);
      Tensor y_BH1d = Attention.attend(q_BH1d, qkv_BHNd[1], qkv_BHNd[2], null, false);
      return scope.keep(proj.forward(Attention.join(y_BH1d)).select(1, 0));
    }
  }

  /** The learned positions, resized to another grid by antialiased bicubic interpolation. */
  private Tensor positions(long rows, long columns) {
    if (rows == side && columns == side) {
      return positions_NC;
    }
    try (TensorScope scope = new TensorScope()) {
      long channels = positions_NC.size(1);
      Tensor grid_1Css =
          positions_NC
              .narrow(0, 1, side * side)
              .to(torch.ScalarType.Float)
              .view(1, side, side, channels)
              .permute(0, 3, 1, 2);
      InterpolateFuncOptions options = new InterpolateFuncOptions();
      options.size().put(new LongVector(rows, columns));
      options.mode().put(new kBicubic());
      options.align_corners().put(false);
      options.antialias().put(true);
      Tensor resized_1Chw = torch.interpolate(grid_1Css, options);
      Tensor rest_NC = resized_1Chw.flatten(2, 3).squeeze(0).t();
      Tensor mean_1C = positions_NC.narrow(0, 0, 1);
      return scope.keep(torch.cat(new TensorVector(mean_1C, rest_NC.to(mean_1C.scalar_type())), 0));
    }
  }

  @Override
  public void initialize() {
    super.initialize();
    if (positions_NC != null) {
      double deviation = 1 / Math.sqrt(positions_NC.size(1));
      Init.truncatedNormal(positions_NC, deviation);
      Init.truncatedNormal(qkv.weight(), deviation);
      Init.constant(qkv.bias(), 0);
    }
  }
}
