package dev.troupe.actors.task;

/**
 * What came of one step.
 *
 * @param step the step, from 0
 * @param committed whether the group committed it; false if some rank's gradients were not finite
 * @param wish the strongest wish of all ranks
 * @param finished whether this was the run's last step
 * @param loss the global batch's loss
 * @param seconds the step's duration
 * @param dataSeconds the part of it spent waiting for data
 * @param waitSeconds the part of it spent waiting in collectives; a straggler is the rank that
 *     waits least
 * @param finiteHere whether what this rank itself made was finite: its features before they were
 *     gathered and, if every rank's features were, its gradients. One poisonous rank makes every
 *     loss non-finite, so the gathered loss would not tell which
 */
public record StepReport(
    long step,
    boolean committed,
    Wish wish,
    boolean finished,
    double loss,
    double seconds,
    double dataSeconds,
    double waitSeconds,
    boolean finiteHere) {}
