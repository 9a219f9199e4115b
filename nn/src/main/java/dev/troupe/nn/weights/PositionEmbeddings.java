package dev.troupe.nn.weights;

import org.bytedeco.pytorch.InterpolateFuncOptions;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.kBicubic;
import org.bytedeco.pytorch.kLinear;

/**
 * Stretches learned position embeddings to another image size or context length, as OpenCLIP does
 * when it loads weights: {@code resize_pos_embed} and {@code resize_text_pos_embed}.
 *
 * <p>Shapes: N positions, C channels, H×W the grid of patches.
 */
final class PositionEmbeddings {
  private PositionEmbeddings() {}

  /**
   * Resizes the square grid behind the class token, bicubic and antialiased.
   *
   * @param embedding_NC class token, then the grid's rows
   */
  static Tensor resizeImage(Tensor embedding_NC, long gridHeight, long gridWidth) {
    long side = squareSide(embedding_NC.size(0) - 1);
    long channels = embedding_NC.size(1);
    Tensor embedding = embedding_NC.to(torch.ScalarType.Float);
    Tensor classToken = embedding.narrow(0, 0, 1);
    Tensor grid_1CHW =
        embedding.narrow(0, 1, side * side).reshape(1, side, side, channels).permute(0, 3, 1, 2);
    InterpolateFuncOptions options = options(gridHeight, gridWidth);
    options.mode().put(new kBicubic());
    options.antialias().put(true);
    options.align_corners().put(false);
    Tensor resized_NC =
        torch
            .interpolate(grid_1CHW, options)
            .permute(0, 2, 3, 1)
            .reshape(gridHeight * gridWidth, channels);
    return torch.cat(new TensorVector(classToken, resized_NC), 0);
  }

  /** The side of a square grid of so many patches, or 0 if no square has as many. */
  static long squareSide(long patches) {
    long side = Math.round(Math.sqrt(patches));
    return side * side == patches ? side : 0;
  }

  /** Resizes a text's positions, linearly and not antialiased. */
  static Tensor resizeText(Tensor embedding_NC, long positions) {
    InterpolateFuncOptions options = options(positions);
    options.mode().put(new kLinear());
    options.antialias().put(false);
    options.align_corners().put(false);
    Tensor embedding_1CN = embedding_NC.to(torch.ScalarType.Float).t().unsqueeze(0);
    return torch.interpolate(embedding_1CN, options).squeeze(0).t();
  }

  private static InterpolateFuncOptions options(long... size) {
    InterpolateFuncOptions options = new InterpolateFuncOptions();
    options.size().put(new LongVector(size));
    return options;
  }
}
