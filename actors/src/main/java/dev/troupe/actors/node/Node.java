package dev.troupe.actors.node;

import dev.troupe.actors.LivenessSettings;
import dev.troupe.actors.NodeSettings;
import dev.troupe.actors.Role;
import dev.troupe.actors.RunResult;
import dev.troupe.actors.RunResult.Outcome;
import dev.troupe.actors.coordinator.Coordinator;
import dev.troupe.actors.protocol.CoordinatorCommand;
import dev.troupe.actors.protocol.CoordinatorMessage;
import dev.troupe.actors.protocol.NodeCommand;
import dev.troupe.actors.protocol.NodeMessage;
import dev.troupe.actors.protocol.NodeNote;
import dev.troupe.actors.protocol.RunMemory;
import dev.troupe.actors.protocol.WorkerCommand;
import dev.troupe.actors.protocol.WorkerNote;
import dev.troupe.actors.worker.Worker;
import dev.troupe.actors.worker.WorkerPlace;
import dev.troupe.actors.worker.WorkerSlot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.BehaviorBuilder;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.ClusterSingletonSettings;
import org.apache.pekko.cluster.typed.Down;
import org.apache.pekko.cluster.typed.SingletonActor;
import org.apache.pekko.cluster.typed.Subscribe;

/**
 * The actor on top of a node, {@code /user/node}: has the workers, knows the coordinator, answers
 * commands from outside, and downs nodes whose processes are proven dead. States: {@link #running},
 * {@link #draining}.
 */
final class Node {

  // ---- what it tells itself ----

  private record Unreachable(ClusterEvent.UnreachableMember event) implements NodeCommand {}

  private record Membership(ClusterEvent.MemberEvent event) implements NodeCommand {}

  private record Probed(Address address, NodeProbe.Verdict verdict) implements NodeCommand {}

  private enum AskAgain implements NodeCommand {
    INSTANCE
  }

  private enum CoordinatorMissing implements NodeCommand {
    INSTANCE
  }

  private enum OrderMissing implements NodeCommand {
    INSTANCE
  }

  private enum DrainTimeout implements NodeCommand {
    INSTANCE
  }

  /** What the process hears of its node. */
  interface Owner {
    /** The node has nothing left to do; {@code leave}: the cluster goes on without it. */
    void ended(RunResult result, boolean leave);

    /** The other members of the cluster, {@code HOST:PORT}, for coming back after being cut off. */
    void members(Set<String> others);

    /** The node is a member of its cluster; told again each second. */
    void up();

    /** The cluster does not know of the node: it must join anew. */
    void unknown();

    /** The coordinator is known. */
    void coordinator(ActorRef<CoordinatorCommand> coordinator);
  }

  static Behavior<NodeCommand> create(
      NodeSettings settings,
      LivenessSettings liveness,
      Behavior<CoordinatorCommand> coordinator,
      List<WorkerSlot> slots,
      NodeProbe probe,
      Owner owner) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers ->
                    new Node(context, timers, settings, liveness, coordinator, slots, probe, owner)
                        .running()));
  }

  // ---- state ----

  private static final Duration PROBE_AGAIN = Duration.ofSeconds(1);
  private static final Duration LAST_ORDER = Duration.ofSeconds(30);

  /** One is asked each second: far more than gossip needs to tell most members of a new one. */
  private static final int TIMES_STRANGER = 10;

  private final ActorContext<NodeCommand> context;
  private final TimerScheduler<NodeCommand> timers;
  private final NodeSettings settings;
  private final NodeProbe probe;
  private final Owner owner;
  private final Cluster cluster;
  private final String address;
  private final String nodeName;

  /** The workers by name. */
  private final Map<String, ActorRef<WorkerCommand>> workers = new LinkedHashMap<>();

  private final Set<String> ended = new HashSet<>();
  private final Set<Address> unreachable = new HashSet<>();
  private final Set<Address> downed = new HashSet<>();

  private long term;
  private ActorRef<CoordinatorCommand> coordinator;
  private String coordinatorAddress = "";
  private RunResult over;
  private int timesStranger;

  private Node(
      ActorContext<NodeCommand> context,
      TimerScheduler<NodeCommand> timers,
      NodeSettings settings,
      LivenessSettings liveness,
      Behavior<CoordinatorCommand> ownCoordinator,
      List<WorkerSlot> slots,
      NodeProbe probe,
      Owner owner) {
    this.context = context;
    this.timers = timers;
    this.settings = settings;
    this.probe = probe;
    this.owner = owner;
    this.cluster = Cluster.get(context.getSystem());
    this.address = ClusterNodes.hostAndPort(cluster.selfMember().address());
    this.nodeName = settings.name().isEmpty() ? address : settings.name();
    context.setLoggerName(Node.class);
    if (settings.roles().contains(Role.WORKER)) {
      for (WorkerSlot slot : slots) {
        WorkerPlace place = new WorkerPlace(address + "/" + slot.index(), address, nodeName);
        workers.put(
            place.name(),
            context.spawn(
                Worker.create(slot, place, liveness, context.getSelf()), "worker-" + slot.index()));
      }
    }
    cluster
        .subscriptions()
        .tell(
            Subscribe.create(
                context.messageAdapter(ClusterEvent.UnreachableMember.class, Unreachable::new),
                ClusterEvent.UnreachableMember.class));
    cluster
        .subscriptions()
        .tell(
            Subscribe.create(
                context.messageAdapter(ClusterEvent.MemberEvent.class, Membership::new),
                ClusterEvent.MemberEvent.class));
    timers.startTimerAtFixedRate(AskAgain.INSTANCE, PROBE_AGAIN);
    coordinatorExpected();
    if (settings.roles().contains(Role.COORDINATOR)) {
      ClusterSingleton.get(context.getSystem())
          .init(
              SingletonActor.of(ownCoordinator, "coordinator")
                  .withStopMessage(Coordinator.Stop.INSTANCE)
                  .withSettings(
                      ClusterSingletonSettings.create(context.getSystem())
                          .withRole(Role.COORDINATOR.roleName())));
    }
  }

  // ---- states ----

  /** Part of the run. */
  private Behavior<NodeCommand> running() {
    return receive().onMessage(NodeNote.Drain.class, note -> draining()).build();
  }

  /** Leaves politely: each worker is released by the coordinator, then the node goes. */
  private Behavior<NodeCommand> draining() {
    timers.startSingleTimer(DrainTimeout.INSTANCE, settings.drainDeadline());
    for (ActorRef<WorkerCommand> worker : workers.values()) {
      worker.tell(new WorkerNote.LeavePolitely());
    }
    if (ended.size() == workers.size()) {
      leave(new RunResult(Outcome.DRAINED, 0, address + " left politely"));
    }
    return receive().onMessage(DrainTimeout.class, timeout -> onDrainTimeout()).build();
  }

  private BehaviorBuilder<NodeCommand> receive() {
    return Behaviors.receive(NodeCommand.class)
        .onMessage(NodeMessage.Announce.class, this::onAnnounce)
        .onMessage(NodeMessage.ForWorkers.class, this::onForWorkers)
        .onMessage(NodeMessage.Seats.class, this::onSeats)
        .onMessage(NodeMessage.FindCoordinator.class, this::onFindCoordinator)
        .onMessage(NodeMessage.AmIMember.class, this::onAmIMember)
        .onMessage(NodeMessage.Known.class, this::onKnown)
        .onMessage(NodeMessage.Leave.class, this::onLeave)
        .onMessage(NodeNote.WorkerEnded.class, this::onWorkerEnded)
        .onMessage(NodeNote.CoordinatorSilent.class, note -> onCoordinatorSilent())
        .onMessage(Unreachable.class, this::onUnreachable)
        .onMessage(Membership.class, this::onMembership)
        .onMessage(Probed.class, this::onProbed)
        .onMessage(AskAgain.class, again -> onAskAgain())
        .onMessage(CoordinatorMissing.class, missing -> onCoordinatorMissing())
        .onMessage(OrderMissing.class, missing -> onOrderMissing());
  }

  // ---- the coordinator ----

  private Behavior<NodeCommand> onAnnounce(NodeMessage.Announce announce) {
    boolean same = announce.coordinator().equals(coordinator);
    if (announce.term() < term || (announce.term() == term && coordinator != null && !same)) {
      announce.coordinator().tell(new CoordinatorMessage.Outranked(term));
      return Behaviors.same();
    }
    term = announce.term();
    coordinator = announce.coordinator();
    if (!announce.address().equals(coordinatorAddress)) {
      context.getLog().info("the coordinator is at {} (term {})", announce.address(), term);
    }
    coordinatorAddress = announce.address();
    coordinatorExpected();
    owner.coordinator(coordinator);
    coordinator.tell(
        new CoordinatorMessage.Hello(term, address, nodeName, workers.size(), context.getSelf()));
    for (ActorRef<WorkerCommand> worker : workers.values()) {
      worker.tell(new WorkerNote.CoordinatorIs(term, coordinator));
    }
    return Behaviors.same();
  }

  private Behavior<NodeCommand> onForWorkers(NodeMessage.ForWorkers order) {
    workers.values().forEach(worker -> worker.tell(order.message()));
    return Behaviors.same();
  }

  private Behavior<NodeCommand> onSeats(NodeMessage.Seats order) {
    RunMemory memory = order.form().memory();
    for (NodeMessage.Seat seat : order.seats()) {
      ActorRef<WorkerCommand> worker = workers.get(seat.worker());
      if (worker != null) {
        worker.tell(order.form().at(seat.rank(), seat.newcomer(), memory));
        memory = RunMemory.EMPTY;
      }
    }
    return Behaviors.same();
  }

  private Behavior<NodeCommand> onFindCoordinator(NodeMessage.FindCoordinator find) {
    find.replyTo().tell(new NodeMessage.Found(settings.run(), coordinator));
    return Behaviors.same();
  }

  /** Without a coordinator for as long as a node may look for its cluster, the run is over here. */
  private void coordinatorExpected() {
    timers.startSingleTimer(CoordinatorMissing.INSTANCE, settings.joinDeadline());
  }

  private Behavior<NodeCommand> onCoordinatorMissing() {
    long seconds = settings.joinDeadline().toSeconds();
    String reason =
        isUp()
            ? "no coordinator for " + seconds + " s: start a node with role coordinator"
            : "found no cluster of run "
                + settings.run()
                + " at "
                + settings.seedNodes()
                + " within "
                + seconds
                + " s: start the first seed node, or check addresses and certificates";
    context.getLog().error(reason);
    owner.ended(new RunResult(Outcome.FAILED, 0, reason), false);
    return Behaviors.same();
  }

  private boolean isUp() {
    return isUp(cluster.selfMember());
  }

  private static boolean isUp(Member member) {
    return member.status() == MemberStatus.up();
  }

  // ---- who is dead ----

  private Behavior<NodeCommand> onUnreachable(Unreachable unreached) {
    Address suspect = unreached.event().member().address();
    unreachable.add(suspect);
    askAbout(suspect);
    return Behaviors.same();
  }

  private Behavior<NodeCommand> onAskAgain() {
    unreachable.clear();
    cluster.state().getUnreachable().forEach(member -> unreachable.add(member.address()));
    unreachable.forEach(this::askAbout);
    tellOwner();
    comeBackIfStranger();
    return Behaviors.same();
  }

  /**
   * The members that let this node in may have died before they told the others. These then take it
   * for a stranger for good, whatever it says of the members: it joins anew.
   */
  private void comeBackIfStranger() {
    if (isUp() && memberAt(coordinatorAddress).filter(Node::isUp).isPresent()) {
      timesStranger = 0;
    } else {
      askOneWhetherKnown();
    }
  }

  private void askOneWhetherKnown() {
    Member own = cluster.selfMember();
    List<Member> others = new ArrayList<>();
    for (Member member : cluster.state().getMembers()) {
      if (isUp(member) && !member.equals(own) && !unreachable.contains(member.address())) {
        others.add(member);
      }
    }
    if (others.isEmpty()) {
      return;
    }
    Member one = others.get(ThreadLocalRandom.current().nextInt(others.size()));
    ClusterNodes.tell(
        context.getSystem(),
        one,
        new NodeMessage.AmIMember(address, own.uniqueAddress().longUid(), context.getSelf()));
  }

  private Behavior<NodeCommand> onAmIMember(NodeMessage.AmIMember question) {
    if (isUp()) {
      boolean known =
          memberAt(question.address())
              .filter(member -> member.uniqueAddress().longUid() == question.uid())
              .isPresent();
      question.replyTo().tell(new NodeMessage.Known(known));
    }
    return Behaviors.same();
  }

  private Behavior<NodeCommand> onKnown(NodeMessage.Known answer) {
    timesStranger = answer.known() ? 0 : timesStranger + 1;
    if (timesStranger == TIMES_STRANGER) {
      context.getLog().warn("the others do not know {}: it joins anew", address);
      owner.unknown();
    }
    return Behaviors.same();
  }

  private Behavior<NodeCommand> onCoordinatorSilent() {
    memberAt(coordinatorAddress).ifPresent(member -> askAbout(member.address()));
    return Behaviors.same();
  }

  private Optional<Member> memberAt(String hostAndPort) {
    return ClusterNodes.memberAt(cluster.state(), hostAndPort);
  }

  private void askAbout(Address suspect) {
    if (suspect.equals(cluster.selfMember().address()) || downed.contains(suspect)) {
      return;
    }
    context.pipeToSelf(
        probe.ask(ClusterNodes.hostAndPort(suspect)),
        (verdict, error) ->
            new Probed(suspect, error == null ? verdict : NodeProbe.Verdict.SILENT));
  }

  private Behavior<NodeCommand> onProbed(Probed probed) {
    if (probed.verdict() == NodeProbe.Verdict.GONE && downed.add(probed.address())) {
      context
          .getLog()
          .warn("the process at {} is gone: its host refuses connections", probed.address());
      cluster.manager().tell(new Down(probed.address()));
    }
    return Behaviors.same();
  }

  private Behavior<NodeCommand> onMembership(Membership membership) {
    if (membership.event().member().status() == MemberStatus.removed()) {
      downed.remove(membership.event().member().address());
    }
    tellOwner();
    return Behaviors.same();
  }

  /** Again each second: at an event, the members may still be those before it. */
  private void tellOwner() {
    Set<String> others = new HashSet<>();
    for (Member member : cluster.state().getMembers()) {
      if (!member.address().equals(cluster.selfMember().address())) {
        others.add(ClusterNodes.hostAndPort(member.address()));
      }
    }
    owner.members(others);
    if (isUp()) {
      owner.up();
    }
  }

  // ---- leaving ----

  private Behavior<NodeCommand> onDrainTimeout() {
    String reason =
        "leaving politely took longer than drain-deadline, "
            + settings.drainDeadline().toSeconds()
            + " s: left at once";
    context.getLog().warn(reason);
    owner.ended(new RunResult(Outcome.DRAIN_TIMED_OUT, 0, reason), false);
    return Behaviors.same();
  }

  /**
   * A worker that gave up by itself takes the node with it: what is wrong with it (settings, data,
   * libraries) is wrong with the node.
   */
  private Behavior<NodeCommand> onWorkerEnded(NodeNote.WorkerEnded note) {
    ended.add(note.worker());
    RunResult result = note.result();
    if (!note.ordered()) {
      leave(result);
    } else if (ended.size() == workers.size()) {
      if (result.outcome() == Outcome.DRAINED) {
        leave(result);
      } else {
        over = result;
        timers.startSingleTimer(OrderMissing.INSTANCE, LAST_ORDER);
      }
    }
    return Behaviors.same();
  }

  /** The run is over and the coordinator, which says when to go, went first. */
  private Behavior<NodeCommand> onOrderMissing() {
    leave(over);
    return Behaviors.same();
  }

  private void leave(RunResult result) {
    owner.ended(result, true);
  }

  private Behavior<NodeCommand> onLeave(NodeMessage.Leave message) {
    if (message.term() >= term) {
      owner.ended(message.result(), false);
    }
    return Behaviors.same();
  }
}
