package dev.troupe.actors.task;

/**
 * What a worker asks of the group through the vote; the group does the strongest of its members'
 * wishes, the last one of this list.
 */
public enum Wish {
  /** Train on. */
  NONE,
  /** Take a checkpoint after this step. */
  CHECKPOINT,
  /** Pause after this step: the group is about to change. */
  PAUSE,
  /** Take a checkpoint after this step and end the run. */
  STOP
}
