package dev.troupe.actors.protocol;

/** Why a worker is idle. */
public enum Exit {
  /** Never was in a generation, or is no longer counted as a member. */
  NEW,
  /** The group paused after a step, as wished. */
  PAUSED,
  /** The group is broken, or was aborted. */
  BROKEN,
  /** The group took its checkpoint and stopped, as wished. */
  STOPPED,
  /** The run's last step is done. */
  FINISHED
}
