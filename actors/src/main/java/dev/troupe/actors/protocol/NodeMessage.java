package dev.troupe.actors.protocol;

import dev.troupe.actors.CborSerializable;
import dev.troupe.actors.RunResult;
import org.apache.pekko.actor.typed.ActorRef;

/** What others tell a node. */
public sealed interface NodeMessage extends NodeCommand, CborSerializable {

  /** The coordinator makes itself known. */
  record Announce(long term, ActorRef<CoordinatorCommand> coordinator, String address)
      implements NodeMessage {}

  /** The run is over for this node: leave, with this result. */
  record Leave(long term, RunResult result) implements NodeMessage {}

  /** Who coordinates? Asked by commands from outside. */
  record FindCoordinator(ActorRef<Found> replyTo) implements NodeMessage {}

  /** Answer to {@link FindCoordinator}; the coordinator is null while there is none. */
  record Found(String run, ActorRef<CoordinatorCommand> coordinator) implements CborSerializable {}
}
