package dev.troupe.nn.loss;

import org.bytedeco.pytorch.Tensor;

/** Softmax cross-entropy in both directions (Radford et al. 2021). */
public final class ClipLoss implements ContrastiveLoss {
  @Override
  public Tensor share(
      Tensor imageRows,
      Tensor textRows,
      Tensor images,
      Tensor texts,
      long firstRow,
      Tensor logitScale,
      Tensor logitBias) {
    throw new UnsupportedOperationException();
  }
}
