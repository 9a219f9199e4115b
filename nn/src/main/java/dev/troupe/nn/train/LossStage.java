package dev.troupe.nn.train;

import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.loss.ClipLoss;
import dev.troupe.nn.loss.ContrastiveLoss;
import dev.troupe.nn.loss.LossSettings;
import dev.troupe.nn.loss.SigLipLoss;
import dev.troupe.nn.model.ClipModel;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Stages 2 and 3 of a step: features of all ranks, the local rows' share of the loss, and its
 * gradients back at the rows' owners.
 */
final class LossStage {
  private final ClipModel model;
  private final LossSettings settings;
  private final ContrastiveLoss loss;
  private final int accumFreq;

  LossStage(ClipModel model, TrainerSettings settings) {
    this.model = model;
    this.settings = settings.loss();
    this.loss = this.settings.siglip() ? new SigLipLoss() : new ClipLoss();
    this.accumFreq = settings.accumFreq();
  }

  /**
   * What the stage gives; tensors belong to the surrounding scope.
   *
   * @param share this rank's part of the global batch's loss
   * @param imageGradient gradient of the global loss with respect to this rank's image features,
   *     n×D
   * @param textGradient likewise
   * @param scalars this rank's part of the gradients of logit scale and bias, by parameter name
   */
  record Result(
      double share, Tensor imageGradient, Tensor textGradient, Map<String, Tensor> scalars) {}

  /**
   * Runs the stage.
   *
   * @param imageRows this rank's normalised image features, n×D, without a graph
   * @param textRows likewise
   * @param counts n of each rank
   * @param factor what the gradients are multiplied by
   */
  Result run(Collectives group, Tensor imageRows, Tensor textRows, long[] counts, double factor)
      throws CollectiveException {
    Tensor images = group.allGather(imageRows, counts);
    Tensor texts = group.allGather(textRows, counts);
    long begin = 0;
    for (int r = 0; r < group.rank(); r++) {
      begin += counts[r];
    }
    long n = counts[group.rank()];
    boolean literal = settings.openclipCompat() && !settings.siglip();
    boolean rowsOnly = literal && settings.localLoss() && !settings.gatherWithGrad();

    Tensor scale = leaf(model.logitScale());
    Tensor bias = model.logitBias() == null ? null : leaf(model.logitBias());
    Tensor allImages = leaf(images);
    Tensor allTexts = leaf(texts);
    Tensor gradientImages = torch.zeros_like(images);
    Tensor gradientTexts = torch.zeros_like(texts);
    Map<String, Tensor> scalars = new LinkedHashMap<>();
    double share = 0;
    if (n > 0) {
      Tensor value =
          loss.share(
              allImages.narrow(0, begin, n),
              allTexts.narrow(0, begin, n),
              rowsOnly ? images : allImages,
              rowsOnly ? texts : allTexts,
              begin,
              scale,
              bias);
      share = value.item().toDouble();
      TensorVector leaves = new TensorVector(allImages, allTexts, scale);
      if (bias != null) {
        leaves.push_back(bias);
      }
      TensorVector gradients =
          torch.grad(
              new TensorVector(value), leaves, new TensorVector(), new BoolOptional(), false, true);
      gradientImages = gradients.get(0);
      gradientTexts = gradients.get(1);
      scalars.put("logit_scale", scalarGradient(gradients.get(2), literal, factor));
      if (bias != null && gradients.get(3).defined()) {
        scalars.put("logit_bias", scalarGradient(gradients.get(3), literal, factor));
      }
    }
    if (group.worldSize() > 1 && images.size(0) > 0 && !rowsOnly) {
      Tensor both = torch.cat(new TensorVector(gradientImages, gradientTexts), 1);
      group.allReduce(both);
      gradientImages = both.narrow(1, 0, images.size(1));
      gradientTexts = both.narrow(1, images.size(1), texts.size(1));
    }
    boolean plain = literal && !settings.localLoss() && !settings.gatherWithGrad();
    Scalar towers = new Scalar(plain ? factor / group.worldSize() : factor);
    return new Result(
        share,
        gradientImages.narrow(0, begin, n).mul(towers),
        gradientTexts.narrow(0, begin, n).mul(towers),
        scalars);
  }

  /**
   * OpenCLIP's accumulation computes the whole loss once a micro-batch and adds the gradients up.
   */
  private Tensor scalarGradient(Tensor gradient, boolean literal, double factor) {
    return gradient.mul(new Scalar(literal ? accumFreq * factor : factor));
  }

  private static Tensor leaf(Tensor tensor) {
    return tensor.detach().requires_grad_(true);
  }
}
