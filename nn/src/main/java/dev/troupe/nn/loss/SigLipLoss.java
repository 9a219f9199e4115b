package dev.troupe.nn.loss;

import org.bytedeco.pytorch.Tensor;

/** Sigmoid loss over all pairs (Zhai et al. 2023). */
public final class SigLipLoss implements ContrastiveLoss {
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
