package dev.troupe.actors.protocol;

import org.apache.pekko.actor.typed.ActorRef;

/** What a node tells its own workers; never leaves the process. */
public sealed interface WorkerNote extends WorkerCommand {

  /** This is the coordinator now. */
  record CoordinatorIs(long term, ActorRef<CoordinatorCommand> coordinator) implements WorkerNote {}

  /** Leave the run politely. */
  record LeavePolitely() implements WorkerNote {}
}
