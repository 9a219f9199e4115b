package dev.troupe.actors.node;

import dev.troupe.actors.protocol.NodeMessage;
import java.util.Optional;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;

/** How the nodes of a cluster are named, found and spoken to. */
public final class ClusterNodes {

  private ClusterNodes() {}

  /** A node's address as users write it, {@code HOST:PORT}. */
  public static String hostAndPort(Address address) {
    return address.getHost().get() + ":" + address.getPort().get();
  }

  /** The member at {@code HOST:PORT}. */
  public static Optional<Member> memberAt(CurrentClusterState state, String hostAndPort) {
    for (Member member : state.getMembers()) {
      if (hostAndPort(member.address()).equals(hostAndPort)) {
        return Optional.of(member);
      }
    }
    return Optional.empty();
  }

  /** Tells the {@link Node} of a member, which need not have been heard before. */
  public static void tell(ActorSystem<?> system, Member member, NodeMessage message) {
    system
        .classicSystem()
        .actorSelection(member.address() + "/user/node")
        .tell(message, ActorRef.noSender());
  }
}
