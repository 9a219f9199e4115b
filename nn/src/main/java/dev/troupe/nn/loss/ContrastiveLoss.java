package dev.troupe.nn.loss;

import org.bytedeco.pytorch.Tensor;

/**
 * The part of a global batch's loss that one rank's rows make. Summed over ranks (whose row ranges
 * cover the batch), it is the loss of the whole batch on one device.
 *
 * <p>Shapes: n local rows, N rows of the global batch, D {@code embed_dim}.
 */
public interface ContrastiveLoss {
  /**
   * Computes the local rows' share of the loss.
   *
   * @param imageRows local image features, n×D, L2-normalised
   * @param textRows local text features, n×D, L2-normalised
   * @param images all image features, N×D
   * @param texts all text features, N×D
   * @param firstRow the global row of the first local row
   * @param logitScale logarithm of the logits' scale, a scalar
   * @param logitBias the logits' bias, a scalar, or null
   * @return a scalar
   */
  Tensor share(
      Tensor imageRows,
      Tensor textRows,
      Tensor images,
      Tensor texts,
      long firstRow,
      Tensor logitScale,
      Tensor logitBias);
}
