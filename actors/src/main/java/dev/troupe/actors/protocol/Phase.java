package dev.troupe.actors.protocol;

/** Where a worker is in its life. */
public enum Phase {
  /** Loads libraries, builds the model, opens the data. */
  WARMING_UP,
  /** Ready, in no generation: a newcomer, a spare, or a member between two generations. */
  IDLE,
  /** Joins a generation: connects and evens out the state. */
  SYNCING,
  /** Runs steps. */
  TRAINING,
  /** Leaves: finishes its writes. */
  LEAVING,
  /** The run is over for it: its task is closed. */
  ENDED
}
