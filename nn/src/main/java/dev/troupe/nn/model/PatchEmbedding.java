package dev.troupe.nn.model;

import dev.troupe.nn.core.Init;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.Product;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Cuts images into square patches and maps each to a vector: a convolution whose stride is its
 * kernel, computed as one matrix product. State {@code weight} (W×3×p×p) and {@code bias}.
 *
 * <p>Shapes: B samples, C channels, g×g patches of p×p pixels, N = g·g, W width.
 */
public final class PatchEmbedding extends Layer {
  private final long patch;
  private final Tensor weight_WCpp;
  private final Tensor bias;

  /** Patches of {@code patch} pixels a side; pixels beyond the last whole patch are left out. */
  public PatchEmbedding(long width, long patch, boolean bias) {
    this.patch = patch;
    this.weight_WCpp = parameter("weight", empty(width, 3, patch, patch));
    this.bias = bias ? parameter("bias", empty(width)) : null;
  }

  /** Maps B×C×H×W to B×N×W, row by row. */
  public Tensor forward(Tensor images_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      long samples = images_BCHW.size(0);
      long rows = images_BCHW.size(2) / patch;
      long columns = images_BCHW.size(3) / patch;
      Tensor patches_BNK =
          images_BCHW
              .narrow(2, 0, rows * patch)
              .narrow(3, 0, columns * patch)
              .reshape(samples, 3, rows, patch, columns, patch)
              .permute(0, 2, 4, 1, 3, 5)
              .reshape(samples, rows * columns, 3 * patch * patch);
      Tensor weight_WK = weight_WCpp.reshape(weight_WCpp.size(0), 3 * patch * patch);
      return scope.keep(Product.linear(this, patches_BNK, weight_WK, bias));
    }
  }

  @Override
  public void initialize() {
    Init.fanIn(weight_WCpp, 3 * patch * patch);
    if (bias != null) {
      Init.fanIn(bias, 3 * patch * patch);
    }
  }
}
