package dev.troupe.nn.model.tower.trunk;

import dev.troupe.nn.core.Layer;
import dev.troupe.nn.torch.RandomState;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Leaves out a random share of the patch tokens in training (Li et al. 2023, FLIP). It has no
 * state.
 *
 * <p>Shapes: B samples, N tokens of which the first P are prefix tokens, K kept ones, C channels.
 */
public final class PatchDropout extends Layer {
  private final double rate;
  private final long prefix;

  /**
   * Leaves patches out with a given rate.
   *
   * @param rate in [0, 1)
   * @param prefix tokens at the beginning that always stay
   */
  public PatchDropout(double rate, long prefix) {
    this.rate = rate;
    this.prefix = prefix;
  }

  /** Draws the positions that stay, B×K with the prefix first, or null when all do. */
  public Tensor draw(Tensor x_BNC) {
    if (rate == 0 || !isTraining()) {
      return null;
    }
    try (TensorScope scope = new TensorScope()) {
      long patches = x_BNC.size(1) - prefix;
      long kept = Math.max(1, (long) (patches * (1 - rate)));
      Tensor noise_BN =
          torch.randn(
              new long[] {x_BNC.size(0), patches}, RandomState.generator(x_BNC), x_BNC.options());
      Tensor patches_BK = noise_BN.argsort(-1, false).narrow(1, 0, kept).add(scalar(prefix));
      Tensor first_BP =
          torch
              .arange(scalar(prefix), patches_BK.options())
              .unsqueeze(0)
              .expand(x_BNC.size(0), prefix);
      return scope.keep(torch.cat(new TensorVector(first_BP, patches_BK), 1));
    }
  }

  /**
   * Keeps the drawn positions.
   *
   * @param kept_BK as drawn, or null
   * @return B×K×C, or the input when nothing was drawn
   */
  public static Tensor keep(Tensor x_BNC, Tensor kept_BK) {
    if (kept_BK == null) {
      return x_BNC;
    }
    try (TensorScope scope = new TensorScope()) {
      return scope.keep(x_BNC.gather(1, kept_BK.unsqueeze(-1).expand(-1, -1, x_BNC.size(2))));
    }
  }

  private static org.bytedeco.pytorch.Scalar scalar(long value) {
    return new org.bytedeco.pytorch.Scalar(value);
  }
}
