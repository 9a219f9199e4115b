package dev.troupe.actors.coordinator;

import dev.troupe.actors.RunResult;
import dev.troupe.actors.node.ClusterNodes;
import dev.troupe.actors.node.NodeProbe;
import dev.troupe.actors.protocol.CoordinatorCommand;
import dev.troupe.actors.protocol.CoordinatorMessage.Hello;
import dev.troupe.actors.protocol.NodeMessage;
import dev.troupe.actors.protocol.WorkerMessage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.UniqueAddress;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;

/**
 * The nodes of the cluster as the coordinator sees them: who answers, who is silent, who is dead.
 */
final class Nodes {
  private final ActorContext<CoordinatorCommand> context;
  private final NodeProbe probe;
  private final Cluster cluster;
  private final String own;
  private final Map<String, Hello> hellos = new HashMap<>();
  private final Set<String> dead = new HashSet<>();
  private final Set<String> silent = new HashSet<>();

  /** Those that all others know of. Who has left stays: it does not come back under this name. */
  private final Set<UniqueAddress> settled = new HashSet<>();

  Nodes(ActorContext<CoordinatorCommand> context, NodeProbe probe) {
    this.context = context;
    this.probe = probe;
    this.cluster = Cluster.get(context.getSystem());
    this.own = ClusterNodes.hostAndPort(cluster.selfMember().address());
  }

  /** The coordinator's own node, {@code HOST:PORT}. */
  String own() {
    return own;
  }

  void hello(Hello hello) {
    hellos.put(hello.address(), hello);
    dead.remove(hello.address());
    silent.remove(hello.address());
  }

  void heard(String address) {
    silent.remove(address);
  }

  /** A node that does not answer; it counts as lost until it is heard again. */
  void silent(String address) {
    silent.add(address);
  }

  void forgetSilence() {
    silent.clear();
  }

  void removed(String address) {
    hellos.remove(address);
    dead.remove(address);
    silent.remove(address);
    settled.removeIf(node -> ClusterNodes.hostAndPort(node.address()).equals(address));
  }

  /**
   * A node's process is proven dead: it is downed, and counts on no side.
   *
   * @return whether that is news
   */
  boolean dead(String address) {
    if (!dead.add(address)) {
      return false;
    }
    ClusterNodes.memberAt(cluster.state(), address)
        .ifPresent(node -> cluster.manager().tell(new Down(node.address())));
    return true;
  }

  /** Asks a node's kernel whether its process is there; the answer comes as a message. */
  void probe(String address, BiFunction<String, NodeProbe.Verdict, CoordinatorCommand> message) {
    if (!address.equals(own) && !dead.contains(address)) {
      context.pipeToSelf(
          probe.ask(address),
          (verdict, error) ->
              message.apply(address, error == null ? verdict : NodeProbe.Verdict.SILENT));
    }
  }

  /** Tells each of these workers; where they are all of a node, it is told once. */
  void tell(Collection<Member> workers, WorkerMessage message) {
    byNode(workers)
        .forEach(
            (address, there) -> {
              Hello node = hellos.get(address);
              if (node != null && there.size() > 1 && there.size() >= node.workers()) {
                node.node().tell(new NodeMessage.ForWorkers(message));
              } else {
                there.forEach(worker -> worker.tell(message));
              }
            });
  }

  /** Tells the members of a new generation, each node once. */
  void tellToJoin(Collection<Member> members) {
    byNode(members)
        .forEach(
            (address, there) -> {
              Hello node = hellos.get(address);
              if (node != null && there.size() > 1) {
                List<NodeMessage.Seat> seats =
                    there.stream()
                        .map(m -> new NodeMessage.Seat(m.name, m.form.rank(), m.form.newcomer()))
                        .toList();
                node.node().tell(new NodeMessage.Seats(there.get(0).form, seats));
              } else {
                there.forEach(member -> member.tell(member.form));
              }
            });
  }

  private static Map<String, List<Member>> byNode(Collection<Member> workers) {
    Map<String, List<Member>> nodes = new LinkedHashMap<>();
    for (Member worker : workers) {
      nodes.computeIfAbsent(worker.address, address -> new ArrayList<>()).add(worker);
    }
    return nodes;
  }

  /** Whether a node is no member of the cluster, or about to be none. */
  boolean hasLeft(String address) {
    if (dead.contains(address)) {
      return true;
    }
    return ClusterNodes.memberAt(cluster.state(), address)
        .map(org.apache.pekko.cluster.Member::status)
        .filter(status -> status != MemberStatus.down() && status != MemberStatus.exiting())
        .isEmpty();
  }

  /**
   * Makes the coordinator known to the members that all others know of by now. One that some have
   * not heard of must not work yet: if this process died, its successor would take it for a
   * stranger.
   */
  void announceToSettled(long term) {
    CurrentClusterState state = cluster.state();
    List<org.apache.pekko.cluster.Member> news = new ArrayList<>();
    for (org.apache.pekko.cluster.Member node : state.getMembers()) {
      if (hasJoined(node) && !settled.contains(node.uniqueAddress())) {
        news.add(node);
      }
    }
    if (!news.isEmpty() && haveAllSeen(state)) {
      for (org.apache.pekko.cluster.Member node : news) {
        settled.add(node.uniqueAddress());
        announce(term, node);
      }
    }
  }

  /** Whether all that can be reached know what this node knows of the members. */
  private static boolean haveAllSeen(CurrentClusterState state) {
    Set<Address> unseen = new HashSet<>();
    for (org.apache.pekko.cluster.Member node : state.getMembers()) {
      if (node.status() == MemberStatus.up() || node.status() == MemberStatus.leaving()) {
        unseen.add(node.address());
      }
    }
    state.getUnreachable().forEach(node -> unseen.remove(node.address()));
    state.getSeenBy().forEach(unseen::remove);
    return unseen.isEmpty();
  }

  /** Makes the coordinator known again to the members that know it. */
  void announceAgain(long term) {
    for (org.apache.pekko.cluster.Member node : cluster.state().getMembers()) {
      if (settled.contains(node.uniqueAddress())) {
        announce(term, node);
      }
    }
  }

  /** Makes a coordinator that takes over known to whoever has joined. */
  void announceToAll(long term) {
    for (org.apache.pekko.cluster.Member node : cluster.state().getMembers()) {
      if (hasJoined(node)) {
        announce(term, node);
      }
    }
  }

  private void announce(long term, org.apache.pekko.cluster.Member node) {
    ClusterNodes.tell(
        context.getSystem(), node, new NodeMessage.Announce(term, context.getSelf(), own));
  }

  private static boolean hasJoined(org.apache.pekko.cluster.Member node) {
    return node.status() != MemberStatus.joining() && node.status() != MemberStatus.weaklyUp();
  }

  /**
   * Whether every node that has joined and can be reached has answered, and all its workers have
   * registered.
   */
  boolean allRegistered(long term, Roster roster) {
    Set<Address> unreachable = new HashSet<>();
    cluster.state().getUnreachable().forEach(member -> unreachable.add(member.address()));
    for (org.apache.pekko.cluster.Member node : cluster.state().getMembers()) {
      String at = ClusterNodes.hostAndPort(node.address());
      if (!hasJoined(node) || unreachable.contains(node.address()) || dead.contains(at)) {
        continue;
      }
      Hello hello = hellos.get(at);
      if (hello == null || hello.term() != term || roster.sizeOn(at) < hello.workers()) {
        return false;
      }
    }
    return true;
  }

  /** Whether this side may decide. */
  boolean holdMajority() {
    return Electorate.holdsMajority(cluster.state(), silent, dead);
  }

  boolean areAllGone() {
    for (org.apache.pekko.cluster.Member member : cluster.state().getMembers()) {
      if (!ClusterNodes.hostAndPort(member.address()).equals(own)) {
        return false;
      }
    }
    return true;
  }

  /** Lets the others go. */
  void leave(long term, RunResult result) {
    hellos.forEach(
        (address, hello) -> {
          if (!address.equals(own)) {
            hello.node().tell(new NodeMessage.Leave(term, result));
          }
        });
  }

  /** Lets the coordinator's own node go. */
  void leaveLast(long term, RunResult result) {
    if (hellos.containsKey(own)) {
      hellos.get(own).node().tell(new NodeMessage.Leave(term, result));
    }
  }
}
