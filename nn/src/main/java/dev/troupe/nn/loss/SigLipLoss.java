package dev.troupe.nn.loss;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Sigmoid loss over all pairs (Zhai et al. 2023): −Σ log σ(±(s·I·Tᵀ + b)) / N, plus on the diagonal
 * and minus elsewhere.
 */
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
    Tensor logits = torch.matmul(imageRows.mul(logitScale.exp()), texts.t());
    if (logitBias != null) {
      logits = logits.add(logitBias);
    }
    // −1 everywhere, +1 where the columns are the rows' own.
    Tensor signs = torch.full_like(logits.detach(), new Scalar(-1.0));
    signs.narrow(1, firstRow, imageRows.size(0)).fill_diagonal_(new Scalar(1.0));
    return torch.log_sigmoid(logits.mul(signs)).sum().div(new Scalar(-1.0 * images.size(0)));
  }
}
