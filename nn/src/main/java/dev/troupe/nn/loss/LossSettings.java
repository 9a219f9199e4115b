package dev.troupe.nn.loss;

/**
 * Which loss, and how literally OpenCLIP's treatment of several ranks is followed.
 *
 * @param siglip sigmoid loss ({@code --siglip}) instead of softmax
 * @param openclipCompat {@code --loss-compat openclip}: scale gradients as OpenCLIP's flags do, see
 *     docs/step.md; otherwise gradients are always those of the whole batch
 * @param localLoss {@code --local-loss}; matters under {@code openclipCompat} only
 * @param gatherWithGrad {@code --gather-with-grad}; matters under {@code openclipCompat} only
 */
public record LossSettings(
    boolean siglip, boolean openclipCompat, boolean localLoss, boolean gatherWithGrad) {
  /** CLIP's loss with the gradients of the whole batch. */
  public static LossSettings clip() {
    return new LossSettings(false, false, true, true);
  }

  /** SigLIP's loss with the gradients of the whole batch. */
  public static LossSettings sigLip() {
    return new LossSettings(true, false, true, true);
  }
}
