package dev.troupe.nn.train;

import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.optim.AdamW;

/**
 * One rank's training: owns the model, the optimizer and the number of committed steps.
 *
 * <p>Life: build (model with its first or loaded weights), {@link #join} a group, {@link #step}
 * until done or a {@link CollectiveException} says that the group is broken; then join the next
 * group. A step either commits on a rank or leaves no trace there; ranks may differ by one
 * committed step after a failure, which {@link #join} evens out.
 *
 * <p>All methods are called by one thread (see {@link dev.troupe.nn.torch.Torch#threads}), except
 * {@link #progress()}; to break a step that hangs, {@link Collectives#abort()} its group.
 *
 * <p><b>Native memory:</b> everything a step makes is freed before it returns.
 */
public final class ClipTrainer implements AutoCloseable {
  private final ClipModel model;
  private final AdamW optimizer;
  private long committedSteps;

  /**
   * @param model takes ownership; moved to the device
   * @param committedSteps committed steps behind the model's weights: 0 for a fresh run, -1 if they
   *     are worth nothing and must come from the group
   */
  public ClipTrainer(ClipModel model, TrainerSettings settings, long committedSteps) {
    this.model = model;
    this.optimizer = new AdamW(model.parameters(), settings.optimizer());
    this.committedSteps = committedSteps;
  }

  public ClipModel model() {
    return model;
  }

  public AdamW optimizer() {
    return optimizer;
  }

  /** Committed steps; also the number of the next step. -1 if this rank holds no state. */
  public long committedSteps() {
    return committedSteps;
  }

  /** Sets the count, after weights and optimizer state were loaded in place. */
  public void committedSteps(long steps) {
    committedSteps = steps;
  }

  /**
   * Takes part in {@code group} from now on: agrees on the highest committed step, and receives
   * parameters, buffers and optimizer state if this rank is behind, or sends them if it is the
   * first of the most advanced ones. The trainer does not own the group.
   *
   * @return committed steps of the group
   * @throws CollectiveException if the group breaks meanwhile; this rank's state may then be
   *     incomplete, and {@link #committedSteps()} is -1
   * @throws IllegalStateException if no rank holds state, or the ranks' models differ
   */
  public long join(Collectives group) throws CollectiveException {
    throw new UnsupportedOperationException();
  }

  /**
   * Runs step number {@link #committedSteps()}.
   *
   * @param lr learning rate of this step
   * @param wish a small number; the highest of all ranks comes back in the outcome
   * @throws CollectiveException if the group broke; whether the step counts as committed here shows
   *     in {@link #committedSteps()}
   */
  public StepOutcome step(StepInput input, double lr, int wish) throws CollectiveException {
    throw new UnsupportedOperationException();
  }

  /** Grows with each micro-batch encoded and each chunk of state received. Any thread. */
  public long progress() {
    return 0;
  }

  /** A hash of parameters, buffers, optimizer state and step count, equal on ranks that agree. */
  public String stateHash() {
    throw new UnsupportedOperationException();
  }

  /** A hash of the parameters alone. */
  public String parameterHash() {
    throw new UnsupportedOperationException();
  }

  /** Frees model and optimizer. */
  @Override
  public void close() {
    optimizer.close();
    model.close();
  }
}
