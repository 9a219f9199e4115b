package dev.troupe.nn.train;

import dev.troupe.nn.loss.LossSettings;
import dev.troupe.nn.optim.AdamWSettings;

/**
 * What stays the same through a run.
 *
 * @param device {@code cpu}, {@code cuda} or {@code cuda:N}
 * @param precision number formats
 * @param optimizer optimizer settings
 * @param loss which loss
 * @param accumFreq {@code --accum-freq}: micro-batches that a rank's share is cut into, at least 1
 * @param maxMicroBatch the most samples in a micro-batch; more micro-batches than {@code accumFreq}
 *     are made where needed; 0 for no limit
 * @param gradClipNorm {@code --grad-clip-norm}, or 0 for none
 * @param seed seed of dropout and the like; with the step and the position in the global batch it
 *     decides every draw
 * @param mean per channel, of pixels from 0 to 1
 * @param std per channel
 */
public record TrainerSettings(
    String device,
    Precision precision,
    AdamWSettings optimizer,
    LossSettings loss,
    int accumFreq,
    int maxMicroBatch,
    double gradClipNorm,
    long seed,
    float[] mean,
    float[] std) {
  /** OpenAI's normalisation, as OpenCLIP uses it where a model names none. */
  public static final float[] OPENAI_MEAN = {0.48145466f, 0.4578275f, 0.40821073f};

  public static final float[] OPENAI_STD = {0.26862954f, 0.26130258f, 0.27577711f};

  public TrainerSettings {
    if (accumFreq < 1) {
      throw new IllegalArgumentException("accum-freq: " + accumFreq + " (expected: >= 1)");
    }
    if (maxMicroBatch < 0) {
      throw new IllegalArgumentException("max-micro-batch: " + maxMicroBatch + " (expected: >= 0)");
    }
    if (gradClipNorm < 0) {
      throw new IllegalArgumentException("grad-clip-norm: " + gradClipNorm + " (expected: >= 0)");
    }
    mean = mean.clone();
    std = std.clone();
  }

  /** CPU, fp32, CLIP's loss, no accumulation, no clipping, OpenAI's normalisation. */
  public static TrainerSettings defaults(AdamWSettings optimizer, long seed) {
    return new TrainerSettings(
        "cpu",
        Precision.FP32,
        optimizer,
        LossSettings.clip(),
        1,
        0,
        0,
        seed,
        OPENAI_MEAN,
        OPENAI_STD);
  }
}
