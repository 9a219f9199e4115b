package dev.troupe.actors.protocol;

import dev.troupe.actors.RunResult;

/** What a worker tells its own node; never leaves the process. */
public sealed interface NodeNote extends NodeCommand {

  /**
   * A worker is through: its task is closed.
   *
   * @param ordered whether the coordinator ended it; otherwise it gave up by itself
   */
  record WorkerEnded(String worker, RunResult result, boolean ordered) implements NodeNote {}

  /** The coordinator does not answer where it should at once: is its process still there? */
  record CoordinatorSilent() implements NodeNote {}

  /** Leave the run politely; told by the process. */
  record Drain() implements NodeNote {}
}
