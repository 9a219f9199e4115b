package dev.troupe.nn.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Fixed position embeddings of a square grid: sines and cosines of the column in the first half of
 * the width, of the row in the second (Chen et al. 2021, MoCo v3); the class token's are 0.
 */
final class SinCosEmbedding {
  private SinCosEmbedding() {}

  /** A tensor (1 + grid²)×width; width must be a multiple of 4. */
  static Tensor of(int width, int grid) {
    int quarter = width / 4;
    float[] values = new float[(1 + grid * grid) * width];
    for (int row = 0; row < grid; row++) {
      for (int column = 0; column < grid; column++) {
        int at = (1 + row * grid + column) * width;
        for (int i = 0; i < quarter; i++) {
          double frequency = 1 / Math.pow(10000, (double) i / quarter);
          values[at + i] = (float) Math.sin(column * frequency);
          values[at + quarter + i] = (float) Math.cos(column * frequency);
          values[at + 2 * quarter + i] = (float) Math.sin(row * frequency);
          values[at + 3 * quarter + i] = (float) Math.cos(row * frequency);
        }
      }
    }
    return torch.tensor(values).view(1 + grid * grid, width);
  }
}
