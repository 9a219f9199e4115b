package dev.troupe.actors.protocol;

import dev.troupe.actors.CborSerializable;
import dev.troupe.actors.RunResult;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/** What others tell a node. */
public sealed interface NodeMessage extends NodeCommand, CborSerializable {

  /** The coordinator makes itself known. */
  record Announce(long term, ActorRef<CoordinatorCommand> coordinator, String address)
      implements NodeMessage {}

  /** Tells each worker of this node the same. */
  record ForWorkers(WorkerMessage message) implements NodeMessage {}

  /**
   * Tells the workers of this node that are in a new generation to join it.
   *
   * @param form as the first of them gets it; only that one keeps what must not be forgotten
   */
  record Seats(WorkerMessage.Form form, List<Seat> seats) implements NodeMessage {}

  /** A worker's place in a new generation. */
  record Seat(String worker, int rank, boolean newcomer) {}

  /** The run is over for this node: leave, with this result. */
  record Leave(long term, RunResult result) implements NodeMessage {}

  /** Who coordinates? Asked by commands from outside. */
  record FindCoordinator(ActorRef<Found> replyTo) implements NodeMessage {}

  /** Answer to {@link FindCoordinator}; the coordinator is null while there is none. */
  record Found(String run, ActorRef<CoordinatorCommand> coordinator) implements CborSerializable {}

  /**
   * Asks a member whether it knows the asking node, and that process of it: one that was let in by
   * a member that died at once may not.
   */
  record AmIMember(String address, long uid, ActorRef<NodeCommand> replyTo)
      implements NodeMessage {}

  /** A member's answer to {@link AmIMember}. */
  record Known(boolean known) implements NodeMessage {}
}
