package dev.troupe.actors.coordinator;

import static dev.troupe.actors.RunStatus.State.ENDING;
import static dev.troupe.actors.RunStatus.State.JOINING;
import static dev.troupe.actors.RunStatus.State.PAUSING;
import static dev.troupe.actors.RunStatus.State.RECOVERING;
import static dev.troupe.actors.RunStatus.State.REGROUPING;
import static dev.troupe.actors.RunStatus.State.TRAINING;

import dev.troupe.actors.RunResult.Outcome;
import dev.troupe.actors.RunStatus.State;
import dev.troupe.actors.node.ClusterNodes;
import dev.troupe.actors.node.NodeProbe;
import dev.troupe.actors.protocol.CoordinatorCommand;
import dev.troupe.actors.protocol.CoordinatorMessage;
import dev.troupe.actors.protocol.CoordinatorMessage.WorkerCard;
import dev.troupe.actors.protocol.Exit;
import dev.troupe.actors.protocol.Phase;
import dev.troupe.actors.protocol.WorkerCommand;
import dev.troupe.actors.protocol.WorkerMessage;
import dev.troupe.actors.task.Wish;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;

/**
 * Holds the membership and the generation. A message only updates what is known; if that changed
 * something that decisions ask for, one decision follows for all messages that wait in the mailbox.
 * The method of the current state takes it: {@link #recovering}, {@link #awaitingWorkers}, {@link
 * #pausing}, {@link #regrouping}, {@link #joining}, {@link #training}, {@link #ending}. A message
 * costs the same however many workers there are; work that grows with their number is done once a
 * generation, on request, or with the clock.
 */
public final class Coordinator {

  // ---- what it tells itself ----

  /** Hands over to another node's coordinator. */
  public enum Stop implements CoordinatorCommand {
    INSTANCE
  }

  /** Decides about what the messages before it changed. */
  private enum Decide implements CoordinatorCommand {
    INSTANCE
  }

  private enum Tick implements CoordinatorCommand {
    INSTANCE
  }

  private enum TimeToSave implements CoordinatorCommand {
    INSTANCE
  }

  private record Membership(ClusterEvent.MemberEvent event) implements CoordinatorCommand {}

  private record Unreachable(ClusterEvent.UnreachableMember event) implements CoordinatorCommand {}

  private record Probed(String address, NodeProbe.Verdict verdict) implements CoordinatorCommand {}

  private record WorkerStopped(String name, ActorRef<WorkerCommand> ref)
      implements CoordinatorCommand {}

  /** The coordinator's behaviour; the same settings on every node that may host it. */
  public static Behavior<CoordinatorCommand> create(CoordinatorSettings settings, NodeProbe probe) {
    return create(settings, probe, run -> {});
  }

  /**
   * @param observer given what the coordinator holds; its thread only may look at it
   */
  static Behavior<CoordinatorCommand> create(
      CoordinatorSettings settings, NodeProbe probe, Consumer<Run> observer) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  Coordinator coordinator = new Coordinator(context, timers, settings, probe);
                  observer.accept(coordinator.run);
                  return coordinator.receive();
                }));
  }

  // ---- state ----

  private static final Duration TICK = Duration.ofMillis(200);
  private static final long ANNOUNCE_AGAIN_MILLIS = 300;
  private static final long ANNOUNCE_ALWAYS_MILLIS = 5000;

  private final ActorContext<CoordinatorCommand> context;
  private final Run run;
  private final Roster roster;
  private final Nodes nodes;
  private final Checkpoints checkpoints = new Checkpoints();
  private final Commands commands;
  private final Authority authority;
  private final Doorkeeper doorkeeper;
  private final Ending ending;
  private final RollCall rollCall;
  private final Losses losses;
  private final HangWatch hangWatch;
  private final Formation formation;
  private final Steering steering;
  private final Takeover takeover;
  private boolean decisionIsDue;
  private long announcedNanos;

  private Coordinator(
      ActorContext<CoordinatorCommand> context,
      TimerScheduler<CoordinatorCommand> timers,
      CoordinatorSettings settings,
      NodeProbe probe) {
    this.context = context;
    this.nodes = new Nodes(context, probe);
    this.run = new Run(settings, nodes);
    this.roster = run.roster;
    this.commands = new Commands(run, checkpoints);
    this.authority = new Authority(run);
    this.doorkeeper = new Doorkeeper(run);
    this.ending = new Ending(run, checkpoints);
    this.rollCall = new RollCall(run, this::probe);
    this.losses = new Losses(run, rollCall, ending);
    this.hangWatch = new HangWatch(run, rollCall, losses);
    this.formation = new Formation(run, authority, doorkeeper, losses, ending);
    this.steering = new Steering(run);
    this.takeover = new Takeover(run, losses, ending);
    Run.log.info("coordinating from {}", nodes.own());
    timers.startTimerAtFixedRate(Tick.INSTANCE, TICK);
    if (!settings.run().saveEvery().isZero()) {
      timers.startTimerAtFixedRate(TimeToSave.INSTANCE, settings.run().saveEvery());
    }
    Cluster cluster = Cluster.get(context.getSystem());
    cluster
        .subscriptions()
        .tell(
            Subscribe.create(
                context.messageAdapter(ClusterEvent.MemberEvent.class, Membership::new),
                ClusterEvent.MemberEvent.class));
    cluster
        .subscriptions()
        .tell(
            Subscribe.create(
                context.messageAdapter(ClusterEvent.UnreachableMember.class, Unreachable::new),
                ClusterEvent.UnreachableMember.class));
    announce();
  }

  private Behavior<CoordinatorCommand> receive() {
    return Behaviors.receive(CoordinatorCommand.class)
        .onMessage(CoordinatorMessage.Progress.class, this::onProgress)
        .onMessage(CoordinatorMessage.Alive.class, this::onAlive)
        .onMessage(CoordinatorMessage.Idle.class, this::onIdle)
        .onMessage(CoordinatorMessage.Joined.class, this::onJoined)
        .onMessage(CoordinatorMessage.Register.class, this::onRegister)
        .onMessage(CoordinatorMessage.Stalled.class, this::onStalled)
        .onMessage(CoordinatorMessage.NotFinite.class, this::onNotFinite)
        .onMessage(CoordinatorMessage.Checkpointed.class, this::onCheckpointed)
        .onMessage(CoordinatorMessage.Faulted.class, this::onFaulted)
        .onMessage(CoordinatorMessage.Hopeless.class, this::onHopeless)
        .onMessage(CoordinatorMessage.Closed.class, this::onClosed)
        .onMessage(CoordinatorMessage.MayCommit.class, this::onMayCommit)
        .onMessage(CoordinatorMessage.Hello.class, this::onHello)
        .onMessage(CoordinatorMessage.Outranked.class, this::onOutranked)
        .onMessage(CoordinatorMessage.AskStatus.class, this::onAskStatus)
        .onMessage(CoordinatorMessage.AskDrain.class, this::onAskDrain)
        .onMessage(CoordinatorMessage.AskCheckpoint.class, this::onAskCheckpoint)
        .onMessage(CoordinatorMessage.AskStop.class, this::onAskStop)
        .onMessage(Membership.class, this::onMembership)
        .onMessage(Unreachable.class, this::onUnreachable)
        .onMessage(Probed.class, this::onProbed)
        .onMessage(WorkerStopped.class, this::onWorkerStopped)
        .onMessage(TimeToSave.class, time -> onTimeToSave())
        .onMessage(Decide.class, decide -> onDecide())
        .onMessage(Tick.class, tick -> onTick())
        .onMessage(Stop.class, stop -> Behaviors.stopped())
        .build();
  }

  // ---- decisions ----

  /** Something was learned that may change a decision. */
  private Behavior<CoordinatorCommand> decideSoon() {
    roster.takeChange();
    if (!decisionIsDue) {
      decisionIsDue = true;
      context.getSelf().tell(Decide.INSTANCE);
    }
    return Behaviors.same();
  }

  /** Something was learned of a worker; most of it changes no decision. */
  private Behavior<CoordinatorCommand> noted() {
    return roster.takeChange() ? decideSoon() : Behaviors.same();
  }

  private Behavior<CoordinatorCommand> onDecide() {
    decisionIsDue = false;
    decide();
    return Behaviors.same();
  }

  /** Lets the method of the state decide until it stays where it is. */
  private void decide() {
    State before;
    do {
      before = run.state();
      switch (before) {
        case RECOVERING -> recovering();
        case AWAITING_WORKERS -> awaitingWorkers();
        case PAUSING -> pausing();
        case REGROUPING -> regrouping();
        case JOINING -> joining();
        case TRAINING -> training();
        case ENDING -> ending();
      }
    } while (!run.is(before));
    doorkeeper.releaseLeavers();
  }

  /** Has just taken over: learns from the workers what runs, and adopts it as it is. */
  private void recovering() {
    takeover.proceed();
  }

  /** Fewer workers than needed are ready: the run pauses. */
  private void awaitingWorkers() {
    form();
  }

  /** The group was asked to pause or stop after its step. */
  private void pausing() {
    if (groupBroke()) {
      return;
    }
    if (roster.any(Trait.BUSY)) {
      if (steering.isDue()) {
        steering.steer(steering.planned(), "");
      }
    } else if (roster.any(Trait.STOPPED)) {
      stopped();
    } else if (roster.any(Trait.MEMBER)
        && roster.count(Trait.FINISHED) == roster.count(Trait.MEMBER)) {
      ending.end(Outcome.FINISHED, "");
    } else {
      run.enter(REGROUPING, "");
    }
  }

  /** A generation ended: collects who is left, then forms the next one. */
  private void regrouping() {
    if (roster.none(Trait.BUSY)) {
      form();
    }
  }

  /** A new generation was sent out: waits for all its members. */
  private void joining() {
    if (!groupBroke() && roster.none(Trait.CONNECTING)) {
      run.incidents.joined(System.currentTimeMillis());
      run.enter(TRAINING, "");
      if (run.team().committed) {
        run.incidents.committed(System.currentTimeMillis());
      }
    }
  }

  /** The group trains; changes that can wait do so until it pauses. */
  private void training() {
    if (groupBroke()) {
      return;
    }
    if (roster.any(Trait.OUT)) {
      run.enter(PAUSING, "");
      return;
    }
    if (steering.planned() != Wish.NONE) {
      String cause = steering.cause();
      run.incidents.detected(cause, true, run.lastCommitMillis, System.currentTimeMillis());
      Run.log.info("generation {} ends after its step: {}", run.team().generation, cause);
      steering.forget();
      run.enter(PAUSING, cause);
    } else if (checkpoints.areWanted()) {
      steering.steer(Wish.CHECKPOINT, checkpoints.why());
    }
  }

  /** The run is over: waits for the workers' last writes, then lets the nodes go, itself last. */
  private void ending() {
    ending.proceed();
  }

  /** Whether a member's report ended the generation; then it regroups. */
  private boolean groupBroke() {
    Member broken = roster.first(Trait.BROKEN);
    if (broken == null) {
      return false;
    }
    losses.groupBroke(broken);
    hangWatch.rest();
    return true;
  }

  private void form() {
    if (formation.formIfPossible()) {
      hangWatch.rest();
      steering.forget();
    }
  }

  /** The group took its checkpoint: the run ends, or goes on without those who leave. */
  private void stopped() {
    if (run.stopReason != null) {
      ending.end(Outcome.STOPPED, run.stopReason);
    } else if (roster.none(Trait.STAYING)) {
      ending.end(Outcome.STOPPED, "all workers were asked to leave: checkpoint taken");
    } else {
      for (Member member : roster.with(Trait.OUT)) {
        if (member.draining) {
          doorkeeper.release(member);
        }
      }
      run.enter(REGROUPING, "");
    }
  }

  // ---- what workers say ----

  private Behavior<CoordinatorCommand> onRegister(CoordinatorMessage.Register register) {
    WorkerCard card = register.worker();
    Member known = roster.get(card.name());
    if (known != null && !known.ref.equals(register.ref())) {
      losses.gone(known, "its process was replaced");
      known = null;
    }
    if (known == null && run.over == null && run.quarantine.reason(card.nodeName()).isPresent()) {
      String reason = "quarantined: " + run.quarantine.reason(card.nodeName()).get();
      register.ref().tell(new WorkerMessage.Refused(run.term, reason));
      return noted();
    }
    Member member = known;
    if (member == null) {
      member = roster.add(card, register.ref());
      context.watchWith(register.ref(), new WorkerStopped(card.name(), register.ref()));
      takeover.settle(member);
    }
    // Thousands of equal maps would be most of what is held.
    WorkerCard small = card.sharing(run.admission.shared(card.facts()));
    member.registers(small, run.admission.isOf(card.facts()));
    heard(member);
    member.tell(run.reports.welcome(run));
    if (run.over != null) {
      member.tell(new WorkerMessage.RunOver(run.term, run.over));
    }
    if (!run.is(RECOVERING)) {
      doorkeeper.vet();
    }
    return noted();
  }

  private Behavior<CoordinatorCommand> onProgress(CoordinatorMessage.Progress progress) {
    Member member = roster.get(progress.worker());
    if (member == null || isStale(member, progress.generation())) {
      return noted();
    }
    heard(member);
    member.progress = progress;
    member.activity = progress.activity();
    member.phase = Phase.TRAINING;
    if (!hangWatch.isInquiring()) {
      member.note = "";
    }
    run.committed(progress.committedSteps());
    return noted();
  }

  private Behavior<CoordinatorCommand> onAlive(CoordinatorMessage.Alive alive) {
    Member member = roster.get(alive.worker());
    if (member == null || isStale(member, alive.generation())) {
      return noted();
    }
    heard(member);
    rollCall.answered(member, alive.round());
    member.stands(alive.activity(), alive.stillMillis());
    return noted();
  }

  private Behavior<CoordinatorCommand> onIdle(CoordinatorMessage.Idle idle) {
    Member member = roster.get(idle.worker());
    if (member == null || member.released) {
      return Behaviors.same();
    }
    heard(member);
    boolean active = member.has(Trait.MEMBER);
    if (active && idle.generation() < run.team().generation) {
      if (run.is(JOINING) && member.form != null && !member.joined) {
        member.tell(member.form);
      }
      return noted();
    }
    if (!active && idle.exit() != Exit.NEW && !run.is(RECOVERING)) {
      losses.evict(member, "generation " + idle.generation() + " is over");
      return noted();
    }
    if (active && idle.exit() == Exit.NEW) {
      member.losesMembership();
    }
    boolean again = member.idle != null;
    member.becomesIdle(idle);
    rollCall.answered(member, rollCall.round());
    if (idle.exit() != Exit.NEW) {
      run.committed(idle.committedSteps());
      if (!again) {
        suspect(idle.suspectRank());
      }
    }
    if (!run.is(RECOVERING)) {
      doorkeeper.vet();
    }
    return noted();
  }

  private void suspect(int rank) {
    Member member = roster.get(run.team().name(rank));
    if (member != null) {
      probe(member.address);
    }
  }

  private Behavior<CoordinatorCommand> onJoined(CoordinatorMessage.Joined joined) {
    Member member = roster.get(joined.worker());
    if (member == null || isStale(member, joined.generation())) {
      return noted();
    }
    heard(member);
    member.joins();
    if (run.team().startSteps < 0) {
      run.team().startSteps = joined.committedSteps();
    }
    run.steps = Math.max(run.steps, joined.committedSteps());
    run.incidents.transferred(joined.transferSeconds());
    return noted();
  }

  private Behavior<CoordinatorCommand> onStalled(CoordinatorMessage.Stalled stalled) {
    Member member = roster.get(stalled.worker());
    if (member == null || isStale(member, stalled.generation())) {
      return noted();
    }
    heard(member);
    member.stands(stalled.activity(), stalled.stillMillis());
    member.tell(new WorkerMessage.Probe(run.term, rollCall.round()));
    hangWatch.wake();
    return noted();
  }

  private Behavior<CoordinatorCommand> onNotFinite(CoordinatorMessage.NotFinite notFinite) {
    Member member = roster.get(notFinite.worker());
    if (member == null || isStale(member, notFinite.generation())) {
      return noted();
    }
    Poison poison = run.poison;
    poison.report(member.name, notFinite.step(), notFinite.here(), run.team().size());
    if (poison.streak() >= run.settings.run().maxStepsWithoutCommit() && run.over == null) {
      ending.end(
          Outcome.FAILED,
          "no step committed in the last "
              + poison.streak()
              + ": gradients are not finite (last committed step: "
              + run.steps
              + "); lower the learning rate or resume from an earlier checkpoint");
    }
    for (String name : poison.poisonous()) {
      Member poisonous = roster.get(name);
      if (poisonous != null && poisonous.banned.isEmpty() && roster.count(Trait.MEMBER) > 1) {
        String node = poisonous.card.nodeName();
        String reason = name + " alone produced gradients that are not finite, repeatedly";
        Run.log.error("node {} is quarantined: {}", node, reason);
        poisonous.banned(run.quarantine.put(node, reason, System.currentTimeMillis()));
      }
    }
    return noted();
  }

  private Behavior<CoordinatorCommand> onCheckpointed(CoordinatorMessage.Checkpointed message) {
    if (message.generation() == run.team().generation && run.team().rank(message.worker()) == 0) {
      checkpoints.taken(message.committedSteps());
      if (run.is(TRAINING)) {
        steering.forget();
      }
    }
    return noted();
  }

  private Behavior<CoordinatorCommand> onFaulted(CoordinatorMessage.Faulted faulted) {
    Member member = roster.get(faulted.worker());
    if (member != null) {
      heard(member);
      losses.faulted(member, faulted.reason());
    }
    return noted();
  }

  private Behavior<CoordinatorCommand> onHopeless(CoordinatorMessage.Hopeless hopeless) {
    if (run.over == null && !run.is(RECOVERING)) {
      ending.end(Outcome.FAILED, hopeless.worker() + ": " + hopeless.reason());
    }
    return decideSoon();
  }

  private Behavior<CoordinatorCommand> onClosed(CoordinatorMessage.Closed closed) {
    Member member = roster.get(closed.worker());
    if (member != null) {
      member.closes();
      if (run.over == null) {
        roster.remove(member);
      }
    }
    return noted();
  }

  private Behavior<CoordinatorCommand> onMayCommit(CoordinatorMessage.MayCommit ask) {
    authority
        .verdict(ask)
        .ifPresent(yes -> ask.replyTo().tell(new CoordinatorMessage.Verdict(yes)));
    return Behaviors.same();
  }

  /** Whether a worker speaks of a generation that is over for it; then it is told. */
  private boolean isStale(Member member, long generation) {
    if (run.is(RECOVERING) || run.is(ENDING) || generation == 0) {
      return false;
    }
    boolean active = member.has(Trait.MEMBER);
    if (!active && (member.phase == Phase.TRAINING || member.phase == Phase.SYNCING)) {
      losses.evict(member, "generation " + generation + " is over");
      return true;
    }
    return active && generation < run.team().generation && !(member.form != null && !member.joined);
  }

  private void heard(Member member) {
    run.messages++;
    member.heardNanos = System.nanoTime();
    nodes.heard(member.address);
  }

  // ---- what is asked from outside ----

  private Behavior<CoordinatorCommand> onAskStatus(CoordinatorMessage.AskStatus ask) {
    ask.replyTo().tell(StatusReport.of(run));
    return Behaviors.same();
  }

  private Behavior<CoordinatorCommand> onAskDrain(CoordinatorMessage.AskDrain ask) {
    commands.drain(ask);
    return decideSoon();
  }

  private Behavior<CoordinatorCommand> onAskCheckpoint(CoordinatorMessage.AskCheckpoint ask) {
    commands.checkpoint(ask);
    return decideSoon();
  }

  private Behavior<CoordinatorCommand> onAskStop(CoordinatorMessage.AskStop ask) {
    commands.stop(ask);
    steering.forget();
    return decideSoon();
  }

  private Behavior<CoordinatorCommand> onTimeToSave() {
    checkpoints.setDue();
    return decideSoon();
  }

  // ---- the cluster ----

  private Behavior<CoordinatorCommand> onHello(CoordinatorMessage.Hello hello) {
    nodes.hello(hello);
    return run.is(RECOVERING) ? decideSoon() : Behaviors.same();
  }

  private Behavior<CoordinatorCommand> onOutranked(CoordinatorMessage.Outranked outranked) {
    if (outranked.term() < run.term) {
      return Behaviors.same();
    }
    if (!run.is(RECOVERING)) {
      Run.log.warn("superseded by the coordinator of term {}", outranked.term());
      return Behaviors.stopped();
    }
    run.term = outranked.term() + 1;
    announce();
    return Behaviors.same();
  }

  private Behavior<CoordinatorCommand> onMembership(Membership membership) {
    org.apache.pekko.cluster.Member node = membership.event().member();
    String address = ClusterNodes.hostAndPort(node.address());
    if (node.status() == MemberStatus.removed()) {
      nodes.removed(address);
      losses.nodeGone(address, "its node left the cluster");
    }
    return decideSoon();
  }

  private Behavior<CoordinatorCommand> onUnreachable(Unreachable unreachable) {
    String address = ClusterNodes.hostAndPort(unreachable.event().member().address());
    probe(address);
    if (roster.on(address).stream().anyMatch(worker -> run.team().has(worker.name))) {
      hangWatch.wake();
    }
    return decideSoon();
  }

  private void probe(String address) {
    nodes.probe(address, Probed::new);
  }

  private Behavior<CoordinatorCommand> onProbed(Probed probed) {
    if (probed.verdict() == NodeProbe.Verdict.GONE && nodes.dead(probed.address())) {
      losses.nodeGone(probed.address(), "its process is no more, its host refuses connections");
    }
    return noted();
  }

  private Behavior<CoordinatorCommand> onWorkerStopped(WorkerStopped stopped) {
    Member member = roster.get(stopped.name());
    if (member == null || !member.ref.equals(stopped.ref())) {
      return Behaviors.same();
    }
    if (nodes.hasLeft(member.address)) {
      losses.nodeGone(member.address, "its node left the cluster");
    } else {
      losses.gone(member, "its actor stopped");
    }
    return noted();
  }

  // ---- time ----

  private Behavior<CoordinatorCommand> onTick() {
    authority.tick();
    long since = Elapsed.millisSince(announcedNanos);
    boolean hurry = run.is(RECOVERING) && since >= ANNOUNCE_AGAIN_MILLIS;
    if (hurry || since >= ANNOUNCE_ALWAYS_MILLIS) {
      announce();
    }
    nodes.announceToSettled(run.term);
    run.reports.adjust(run);
    hangWatch.look();
    decide();
    return Behaviors.same();
  }

  private void announce() {
    announcedNanos = System.nanoTime();
    if (run.is(RECOVERING)) {
      nodes.announceToAll(run.term);
    } else {
      nodes.announceAgain(run.term);
    }
  }
}
