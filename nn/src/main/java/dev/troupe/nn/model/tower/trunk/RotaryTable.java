package dev.troupe.nn.model.tower.trunk;

import dev.troupe.nn.core.Layer;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Rotary position embeddings of a grid (Su et al. 2021, in two dimensions): each pair of channels
 * of a query or key is turned by an angle, half of the pairs by the row, half by the column.
 *
 * <p>A grid other than the one of pre-training is scaled to it, as EVA-02 does. Prefix tokens have
 * no place and are turned by 0. The table is not part of the state.
 *
 * <p>Shapes: B samples, H heads, N tokens, d channels of a head.
 */
public final class RotaryTable extends Layer {
  private static final double TEMPERATURE = 10_000;

  /** Sines, then cosines, N×2d. */
  private final Tensor table_N2d;

  /**
   * The table of a grid.
   *
   * @param d channels of a head, a multiple of 4
   * @param reference side of the grid of pre-training
   * @param offset added to rows and columns, which count from 0
   * @param columnFirst whether the column turns the first half of the pairs
   * @param prefix tokens before the grid
   */
  public RotaryTable(
      int d,
      long rows,
      long columns,
      long reference,
      long offset,
      boolean columnFirst,
      long prefix) {
    if (d % 4 != 0) {
      throw new IllegalArgumentException(
          "head width: " + d + " (expected: a multiple of 4 for rotary positions in a grid)");
    }
    int bands = d / 4;
    float[] values = new float[(int) ((prefix + rows * columns) * 2 * d)];
    int at = 0;
    for (int token = 0; token < prefix; token++) {
      for (int i = 0; i < d; i++) {
        values[at + d + i] = 1;
      }
      at += 2 * d;
    }
    for (long row = 0; row < rows; row++) {
      double y = (double) (row + offset) / rows * reference;
      for (long column = 0; column < columns; column++) {
        double x = (double) (column + offset) / columns * reference;
        for (int i = 0; i < d; i++) {
          int pair = i / 2;
          double place = pair < bands == columnFirst ? x : y;
          double angle = place / Math.pow(TEMPERATURE, (double) (pair % bands) / bands);
          values[at + i] = (float) Math.sin(angle);
          values[at + d + i] = (float) Math.cos(angle);
        }
        at += 2 * d;
      }
    }
    this.table_N2d = constant(values, prefix + rows * columns, 2 * d);
  }

  /**
   * The rows of the given tokens.
   *
   * @param kept_BK positions, or null for all
   * @return N×2d, or B×1×K×2d
   */
  public Tensor at(Tensor kept_BK) {
    if (kept_BK == null) {
      return table_N2d;
    }
    try (TensorScope scope = new TensorScope()) {
      return scope.keep(
          table_N2d
              .index_select(0, kept_BK.flatten())
              .view(kept_BK.size(0), 1, kept_BK.size(1), table_N2d.size(1)));
    }
  }

  /** Turns queries or keys: x·cos + turn(x)·sin, where turn(x₀, x₁) = (−x₁, x₀) of each pair. */
  public static Tensor rotate(Tensor x_BHNd, Tensor table) {
    try (TensorScope scope = new TensorScope()) {
      long d = x_BHNd.size(3);
      Tensor pairs = x_BHNd.unflatten(3, d / 2, 2);
      Tensor first = pairs.select(4, 0);
      Tensor second = pairs.select(4, 1).neg();
      Tensor turned_BHNd = torch.stack(new TensorVector(second, first), 4).flatten(3, 4);
      Tensor sin = table.narrow(-1, 0, d);
      Tensor cos = table.narrow(-1, d, d);
      Tensor y_BHNd = x_BHNd.mul(cos).add(turned_BHNd.mul(sin), new Scalar(1));
      return scope.keep(y_BHNd.to(x_BHNd.scalar_type()));
    }
  }
}
