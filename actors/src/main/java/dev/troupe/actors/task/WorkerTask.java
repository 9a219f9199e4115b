package dev.troupe.actors.task;

import java.util.Map;

/**
 * The native side of one worker: model, optimizer, data and process group.
 *
 * <p>Every method blocks and is called on the worker's own thread, one at a time, except {@link
 * #abort}, {@link #progress} and {@link #activity}, which may come from any thread. A step counts
 * as committed on a rank when that rank's vote collective came back with success; after a failure
 * ranks may differ by one committed step, which {@link #join} evens out.
 *
 * <p>Errors: {@link GroupFailure} leads to a new generation with the same task; {@link RunFailure}
 * ends the run; anything else is this worker's own fault: the task is closed, a fresh one is made
 * and joins as a newcomer, unless it is the run's only worker, which ends the run.
 */
public interface WorkerTask extends AutoCloseable {
  /**
   * Loads libraries, builds the model and opens the data, before the worker asks for admission, so
   * that the others do not wait for it.
   *
   * @return what must be equal on every worker of the run, by name (model, global batch, data,
   *     version …); a worker that differs is refused with each difference named
   */
  Map<String, String> warmUp();

  /**
   * Committed steps so far; 0 for a fresh run, -1 for a worker that holds no state and needs it
   * from the others.
   */
  long committedSteps();

  /**
   * Loads the newest whole checkpoint of this run, if there is one. Called before {@link #join}
   * when every worker that held the run's state is gone and only spares or newcomers are left.
   *
   * @return committed steps now
   */
  default long restore() {
    return committedSteps();
  }

  /**
   * Address on which this worker could host the rendezvous of a generation in which it is rank 0,
   * {@code HOST:PORT}. A new port each call; what an earlier call opened may be closed, unless the
   * running group uses it.
   */
  String openRendezvous();

  /**
   * Leaves the former process group, if any, forms that of a generation, agrees on the highest
   * committed step and evens out the state: the most advanced rank that is no newcomer sends it to
   * those behind and to newcomers.
   *
   * @throws GroupFailure if the group cannot be formed in time or breaks
   */
  SyncReport join(Group group) throws GroupFailure;

  /**
   * Runs one step and the duties that follow it (logging, evaluation or checkpoint at the end of an
   * epoch). If the run has no step left it returns at once with {@code finished}, doing those of
   * its last duties that were not done.
   *
   * @param wish what this worker asks of the group; it travels with the vote, so that all ranks
   *     learn of it after the same step
   * @throws GroupFailure if a collective failed; the step may or may not have been committed
   */
  StepReport step(Wish wish) throws GroupFailure;

  /**
   * Takes a checkpoint of the committed state; called on every rank after the same step. Writing
   * goes on behind.
   */
  void checkpoint(String reason) throws GroupFailure;

  /**
   * A counter that grows while the task gets on by itself: with each micro-batch, each batch of an
   * evaluation, each chunk of state received. A task that only waits for its peers stands still.
   * Any thread; a hang is told from slow work by it.
   */
  long progress();

  /**
   * What the native thread is doing right now; tells the rank that hangs from those that wait for
   * it. Any thread; must not block.
   */
  Activity activity();

  /**
   * Breaks collectives in flight and those that follow, so that {@link #join} or {@link #step}
   * fails soon, in a group of one too. Any thread, also when nothing is in flight; the next {@link
   * #join} clears it.
   */
  void abort();

  /** Finishes background writes and frees native memory. */
  @Override
  void close();
}
