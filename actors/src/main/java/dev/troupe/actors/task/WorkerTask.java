package dev.troupe.actors.task;

/**
 * The native side of one worker: model, optimizer, data and process group.
 *
 * <p>Every method blocks and is called on the worker's own thread, one at a time, except {@link
 * #abort}, which may come from any thread. A step counts as committed on a rank when that rank's
 * vote collective came back with success; after a failure ranks may differ by one committed step,
 * which {@link #join} evens out.
 */
public interface WorkerTask extends AutoCloseable {
  /**
   * Loads libraries, builds the model and opens the data, before the worker asks for admission, so
   * that the others do not wait for it.
   *
   * @return what must be equal on every worker of the run, by name (model, global batch, data,
   *     version …)
   */
  java.util.Map<String, String> warmUp();

  /**
   * Committed steps so far; 0 for a fresh run, -1 for a worker that holds no state and needs it
   * from the others.
   */
  long committedSteps();

  /**
   * Address on which this worker could host the rendezvous of a generation in which it is rank 0,
   * {@code HOST:PORT}. A new port each call.
   */
  String openRendezvous();

  /**
   * Forms the process group of a generation, agrees on the highest committed step and evens out the
   * state: the most advanced rank sends it to those behind.
   *
   * @return committed steps of the group
   * @throws GroupFailure if the group cannot be formed in time or breaks
   */
  long join(Group group) throws GroupFailure;

  /**
   * Runs one step and the duties that follow it (logging, evaluation or checkpoint at the end of an
   * epoch).
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
   * Breaks collectives in flight, so that a blocked {@link #join} or {@link #step} fails soon. Any
   * thread.
   */
  void abort();

  /** Finishes background writes and frees native memory. */
  @Override
  void close();
}
