package dev.troupe.runtime.log;

import java.util.Map;

/**
 * The figures of one committed step.
 *
 * @param step the step, from 0
 * @param totalSteps steps of the whole run
 * @param epoch the epoch that the step's last sample belongs to, from 0
 * @param endsEpoch whether an epoch ended in this step
 * @param samples samples of the whole run up to and including this step
 * @param samplesPerEpoch samples in an epoch
 * @param globalBatch samples of this step over all workers
 * @param losses the loss's parts by OpenCLIP's names ({@code contrastive_loss}, {@code
 *     caption_loss}, {@code distill_loss}), in the order to be shown
 * @param loss their sum, of the global batch
 * @param lr learning rate of this step
 * @param logitScale the scale of the logits (not its logarithm)
 * @param seconds the step's duration
 * @param dataSeconds the part of it spent waiting for data
 * @param worldSize workers that took part
 * @param generation number of the worker group's generation
 */
public record StepMetrics(
    long step,
    long totalSteps,
    int epoch,
    boolean endsEpoch,
    long samples,
    long samplesPerEpoch,
    int globalBatch,
    Map<String, Double> losses,
    double loss,
    double lr,
    double logitScale,
    double seconds,
    double dataSeconds,
    int worldSize,
    long generation) {

  /** Samples of the step's epoch up to and including this step. */
  public long samplesInEpoch() {
    return samples - epoch * samplesPerEpoch;
  }

  /** Samples a second, over all workers. */
  public double samplesPerSecond() {
    return globalBatch / seconds;
  }
}
