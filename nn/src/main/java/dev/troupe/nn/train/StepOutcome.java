package dev.troupe.nn.train;

import java.util.List;

/**
 * What came of one step; the same on every rank but for the phases.
 *
 * @param step the step, from 0
 * @param committed whether the step counts; false if some rank was not finite. (Under {@code amp},
 *     a step whose scaled gradients overflowed counts, but moves no weights: {@code gradNorm} is
 *     then not finite.)
 * @param wish the highest wish of all ranks
 * @param nonFiniteRanks ranks whose own loss or gradients were not finite
 * @param loss loss of the global batch
 * @param samples usable samples of the global batch
 * @param logitScale the scale of the logits after the step, {@code exp(logit_scale)}
 * @param gradNorm L2 norm of the gradient before clipping
 * @param phases where the time went
 */
public record StepOutcome(
    long step,
    boolean committed,
    int wish,
    List<Integer> nonFiniteRanks,
    double loss,
    long samples,
    double logitScale,
    double gradNorm,
    Phases phases) {
  /**
   * Seconds of one step by its stages.
   *
   * @param forward encoding and loss
   * @param backward backward, re-encoding of micro-batches included
   * @param communication waiting for collectives, in any stage
   * @param optimizer vote, clipping and update
   */
  public record Phases(double forward, double backward, double communication, double optimizer) {}
}
