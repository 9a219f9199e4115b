package dev.troupe.nn.loss;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Softmax cross-entropy of each image over all texts and of each text over all images, averaged
 * (Radford et al. 2021): ½[CE(s·I·Tᵀ) + CE(s·T·Iᵀ)] with s = exp(logit_scale).
 */
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
    Tensor targets =
        torch.arange(
            new Scalar(firstRow),
            new Scalar(firstRow + imageRows.size(0)),
            imageRows.options().dtype(longs()));
    Tensor scale = logitScale.exp();
    Tensor sum =
        negativeLogLikelihood(scale, imageRows, texts, logitBias, targets)
            .add(negativeLogLikelihood(scale, textRows, images, logitBias, targets));
    return sum.div(new Scalar(2.0 * images.size(0)));
  }

  private static Tensor negativeLogLikelihood(
      Tensor scale, Tensor rows, Tensor columns, Tensor bias, Tensor targets) {
    // The scale goes to the rows, which are few, rather than to the logits.
    Tensor logits = torch.matmul(rows.mul(scale), columns.t());
    if (bias != null) {
      logits = logits.add(bias);
    }
    Tensor own = logits.gather(1, targets.unsqueeze(1)).squeeze(1);
    return logits.logsumexp(1).sub(own).sum();
  }

  private static org.bytedeco.pytorch.ScalarTypeOptional longs() {
    return new org.bytedeco.pytorch.ScalarTypeOptional(torch.ScalarType.Long);
  }
}
