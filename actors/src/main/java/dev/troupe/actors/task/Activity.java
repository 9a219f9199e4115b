package dev.troupe.actors.task;

/**
 * What a worker's native thread is doing, for telling a hung worker from those that wait for it.
 */
public enum Activity {
  /** Nothing asked of it, or the task does not say. */
  IDLE,
  /** Waits for its own input. */
  LOADING,
  /** Computes. */
  COMPUTING,
  /** Waits for other ranks in a collective. */
  WAITING,
  /** Sends or receives state while a generation forms. */
  SYNCING,
  /** Evaluates, or waits while another rank does. */
  EVALUATING,
  /** Copies state for a checkpoint. */
  SAVING
}
