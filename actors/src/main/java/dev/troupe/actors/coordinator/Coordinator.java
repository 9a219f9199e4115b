package dev.troupe.actors.coordinator;

import static dev.troupe.actors.RunStatus.State.AWAITING_WORKERS;
import static dev.troupe.actors.RunStatus.State.ENDING;
import static dev.troupe.actors.RunStatus.State.JOINING;
import static dev.troupe.actors.RunStatus.State.PAUSING;
import static dev.troupe.actors.RunStatus.State.RECOVERING;
import static dev.troupe.actors.RunStatus.State.REGROUPING;
import static dev.troupe.actors.RunStatus.State.TRAINING;

import dev.troupe.actors.Answer;
import dev.troupe.actors.LivenessSettings;
import dev.troupe.actors.RunResult;
import dev.troupe.actors.RunResult.Outcome;
import dev.troupe.actors.RunStatus.State;
import dev.troupe.actors.coordinator.Lineup.Candidate;
import dev.troupe.actors.node.NodeProbe;
import dev.troupe.actors.protocol.CoordinatorCommand;
import dev.troupe.actors.protocol.CoordinatorMessage;
import dev.troupe.actors.protocol.CoordinatorMessage.WorkerCard;
import dev.troupe.actors.protocol.Exit;
import dev.troupe.actors.protocol.Phase;
import dev.troupe.actors.protocol.WorkerCommand;
import dev.troupe.actors.protocol.WorkerMessage;
import dev.troupe.actors.task.Activity;
import dev.troupe.actors.task.Wish;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
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
 * Holds the membership and the generation. Every message updates what is known of the workers; then
 * the method of the current state looks at it and decides whether to move on ({@link #advance}).
 * States: {@link #recovering}, {@link #awaitingWorkers}, {@link #pausing}, {@link #regrouping},
 * {@link #joining}, {@link #training}, {@link #ending}.
 */
public final class Coordinator {

  // ---- what it tells itself ----

  /** Hands over to another node's coordinator. */
  public enum Stop implements CoordinatorCommand {
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
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new Coordinator(context, timers, settings, probe).receive()));
  }

  // ---- state ----

  private static final Duration TICK = Duration.ofMillis(100);
  private static final long ASK_AGAIN_MILLIS = 500;
  private static final long PROBE_AGAIN_MILLIS = 100;
  private static final long ANNOUNCE_AGAIN_MILLIS = 300;
  private static final long ANNOUNCE_ALWAYS_MILLIS = 5000;
  private static final long PAUSED_ITSELF_MILLIS = 3000;
  private static final long ENDING_PATIENCE_MILLIS = 600_000;
  private static final long LAST_LEAVES_MILLIS = 500;

  private final ActorContext<CoordinatorCommand> context;
  private final CoordinatorSettings settings;
  private final LivenessSettings liveness;
  private final Roster roster = new Roster();
  private final Quarantine quarantine;
  private final Poison poison;
  private final Incidents incidents = new Incidents();
  private final Nodes nodes;
  private final Admission admission = new Admission();
  private final List<ActorRef<Answer>> awaitingCheckpoint = new ArrayList<>();

  private State state = RECOVERING;
  private long stateNanos = System.nanoTime();
  private String note = "";
  private long term = 1;
  private Team team = Team.NONE;
  private long runSteps;
  private long lastCommitMillis;
  private int barrenGenerations;

  /** Who reported first that the generation could not be joined; empty once somebody left it. */
  private String firstToFail = "";

  private long round;
  private long roundNanos;
  private boolean inquiring;
  private long askedNanos;
  private long probedNanos;
  private long announcedNanos;
  private long tickNanos = System.nanoTime();
  private long trustedAgainNanos = System.nanoTime();
  private long firstReadyNanos;
  private Wish steered = Wish.NONE;
  private long steeredNanos;
  private boolean saveDue;
  private String stopReason;
  private RunResult over;
  private long othersLeftNanos;
  private long reportMillis;

  private Coordinator(
      ActorContext<CoordinatorCommand> context,
      TimerScheduler<CoordinatorCommand> timers,
      CoordinatorSettings settings,
      NodeProbe probe) {
    this.context = context;
    this.settings = settings;
    this.liveness = settings.liveness();
    this.nodes = new Nodes(context, probe);
    this.quarantine = new Quarantine(settings.quarantine());
    this.poison = new Poison(settings.quarantine());
    this.reportMillis = liveness.reportInterval().toMillis();
    context.setLoggerName(Coordinator.class);
    context.getLog().info("coordinating from {}", nodes.own());
    timers.startTimerAtFixedRate(Tick.INSTANCE, TICK);
    if (!settings.run().saveEvery().isZero()) {
      timers.startTimerAtFixedRate(TimeToSave.INSTANCE, settings.run().saveEvery());
    }
    Cluster.get(context.getSystem())
        .subscriptions()
        .tell(
            Subscribe.create(
                context.messageAdapter(ClusterEvent.MemberEvent.class, Membership::new),
                ClusterEvent.MemberEvent.class));
    Cluster.get(context.getSystem())
        .subscriptions()
        .tell(
            Subscribe.create(
                context.messageAdapter(ClusterEvent.UnreachableMember.class, Unreachable::new),
                ClusterEvent.UnreachableMember.class));
    announce();
  }

  private Behavior<CoordinatorCommand> receive() {
    return Behaviors.receive(CoordinatorCommand.class)
        .onMessage(CoordinatorMessage.Hello.class, this::onHello)
        .onMessage(CoordinatorMessage.Outranked.class, this::onOutranked)
        .onMessage(CoordinatorMessage.Register.class, this::onRegister)
        .onMessage(CoordinatorMessage.Progress.class, this::onProgress)
        .onMessage(CoordinatorMessage.Alive.class, this::onAlive)
        .onMessage(CoordinatorMessage.Idle.class, this::onIdle)
        .onMessage(CoordinatorMessage.Joined.class, this::onJoined)
        .onMessage(CoordinatorMessage.Stalled.class, this::onStalled)
        .onMessage(CoordinatorMessage.NotFinite.class, this::onNotFinite)
        .onMessage(CoordinatorMessage.Checkpointed.class, this::onCheckpointed)
        .onMessage(CoordinatorMessage.Faulted.class, this::onFaulted)
        .onMessage(CoordinatorMessage.Hopeless.class, this::onHopeless)
        .onMessage(CoordinatorMessage.Closed.class, this::onClosed)
        .onMessage(CoordinatorMessage.MayCommit.class, this::onMayCommit)
        .onMessage(CoordinatorMessage.AskStatus.class, this::onAskStatus)
        .onMessage(CoordinatorMessage.AskDrain.class, this::onAskDrain)
        .onMessage(CoordinatorMessage.AskCheckpoint.class, this::onAskCheckpoint)
        .onMessage(CoordinatorMessage.AskStop.class, this::onAskStop)
        .onMessage(Membership.class, this::onMembership)
        .onMessage(Unreachable.class, this::onUnreachable)
        .onMessage(Probed.class, this::onProbed)
        .onMessage(WorkerStopped.class, this::onWorkerStopped)
        .onMessage(TimeToSave.class, time -> onTimeToSave())
        .onMessage(Tick.class, tick -> onTick())
        .onMessage(Stop.class, stop -> Behaviors.stopped())
        .build();
  }

  // ---- states ----

  /** Lets the method of the state decide until it stays where it is. */
  private Behavior<CoordinatorCommand> advance() {
    State before;
    do {
      before = state;
      switch (state) {
        case RECOVERING -> recovering();
        case AWAITING_WORKERS -> awaitingWorkers();
        case PAUSING -> pausing();
        case REGROUPING -> regrouping();
        case JOINING -> joining();
        case TRAINING -> training();
        case ENDING -> ending();
      }
    } while (state != before);
    releaseLeavers();
    return Behaviors.same();
  }

  /** Has just taken over: learns from the workers what runs, and adopts it as it is. */
  private void recovering() {
    boolean windowOver = millisInState() >= liveness.recoveryWindow().toMillis();
    if (!windowOver && !nodes.allRegistered(term, roster)) {
      return;
    }
    long newest = 0;
    for (Member member : roster.all()) {
      quarantine.remember(member.card.memory());
      runSteps = Math.max(runSteps, member.card.runSteps());
      if (member.since > 0) {
        newest = Math.max(newest, member.card.generation());
      }
      if (member.card.over() != null && endsRun(member.card.over())) {
        over = member.card.over();
      }
    }
    for (Member member : roster.all()) {
      if (newest > 0 && member.since > 0 && member.card.generation() == newest) {
        if (team.generation != newest) {
          team = Team.ofUnknown(newest, member.card.worldSize());
          barrenGenerations = member.card.memory().barrenGenerations();
        }
        team.set(member.card.rank(), member.name);
        admission.accept(member.card.facts());
      }
    }
    team.committed = true;
    for (Member member : List.copyOf(roster.all())) {
      if (member.since > 0 && !team.has(member.name)) {
        evict(member, "its generation " + member.card.generation() + " is over");
      }
    }
    if (over != null) {
      endRun(over);
    } else if (team.generation == 0) {
      enter(AWAITING_WORKERS, "");
    } else {
      adopt();
    }
  }

  private void adopt() {
    List<Member> members = activeMembers();
    for (Member member : members) {
      member.joined = member.phase == Phase.TRAINING;
    }
    context
        .getLog()
        .info(
            "adopted generation {}: {} of {} members registered, {} steps committed",
            team.generation,
            members.size(),
            team.size(),
            runSteps);
    if (members.stream().anyMatch(member -> isBroken(member))) {
      regroup("its coordinator and part of the group were lost");
    } else if (members.stream().anyMatch(member -> member.idle != null)) {
      enter(PAUSING, "");
    } else if (members.stream().anyMatch(member -> member.phase == Phase.SYNCING)) {
      enter(JOINING, "");
    } else {
      enter(TRAINING, "");
    }
  }

  /** Fewer workers than needed are ready: the run pauses. */
  private void awaitingWorkers() {
    formIfPossible();
  }

  /** The group was asked to pause or stop after its step. */
  private void pausing() {
    if (groupFailed()) {
      return;
    }
    List<Member> members = activeMembers();
    if (!members.stream().allMatch(member -> member.idle != null)) {
      steer(planned(members), "");
      return;
    }
    if (members.stream().anyMatch(member -> member.idle.exit() == Exit.STOPPED)) {
      stopped(members);
    } else if (!members.isEmpty()
        && members.stream().allMatch(member -> member.idle.exit() == Exit.FINISHED)) {
      endRun(new RunResult(Outcome.FINISHED, runSteps, ""));
    } else {
      enter(REGROUPING, "");
    }
  }

  /** A generation ended: collects who is left, then forms the next one. */
  private void regrouping() {
    long now = System.nanoTime();
    boolean windowOver = millisSince(roundNanos) >= liveness.answerWindow().toMillis();
    boolean pending = false;
    for (Member member : activeMembers()) {
      if (member.idle != null) {
        continue;
      }
      boolean answered = member.answeredRound >= round;
      if (!answered && windowOver) {
        nodes.silent(member.address);
        failed(member, "answers nothing since " + member.silentMillis(now) + " ms");
      } else if (answered && member.stillMillis(now) >= patience(member)) {
        failed(member, "hangs " + doing(member, now));
      } else {
        pending = true;
      }
    }
    if (!pending) {
      formIfPossible();
    } else {
      askAgain(true);
    }
  }

  /** A new generation was sent out: waits for all its members. */
  private void joining() {
    if (groupFailed()) {
      return;
    }
    List<Member> members = activeMembers();
    if (members.stream().allMatch(member -> member.joined || member.idle != null)) {
      incidents.joined(System.currentTimeMillis());
      enter(TRAINING, "");
      if (team.committed) {
        incidents.committed(System.currentTimeMillis());
      }
    }
  }

  /** The group trains; changes that can wait do so until it pauses. */
  private void training() {
    if (groupFailed()) {
      return;
    }
    List<Member> members = activeMembers();
    if (members.stream().anyMatch(member -> member.idle != null)) {
      enter(PAUSING, "");
      return;
    }
    Wish wish = planned(members);
    if (wish != Wish.NONE) {
      String cause = plannedCause(members);
      incidents.detected(cause, true, lastCommitMillis, System.currentTimeMillis());
      context.getLog().info("generation {} ends after its step: {}", team.generation, cause);
      steered = Wish.NONE;
      enter(PAUSING, cause);
    } else if (saveDue || !awaitingCheckpoint.isEmpty()) {
      steer(Wish.CHECKPOINT, saveDue ? "every so often" : "asked for");
    }
  }

  /** The run is over: waits for the workers' last writes, then lets the nodes go, itself last. */
  private void ending() {
    boolean patient = millisInState() < ENDING_PATIENCE_MILLIS;
    if (patient && roster.all().stream().anyMatch(member -> !member.closed)) {
      return;
    }
    if (othersLeftNanos == 0) {
      othersLeftNanos = System.nanoTime();
      nodes.leave(term, over);
    }
    if (nodes.areAllGone() || millisSince(othersLeftNanos) >= LAST_LEAVES_MILLIS) {
      nodes.leaveLast(term, over);
    }
  }

  // ---- forming generations ----

  private void formIfPossible() {
    vet();
    blameFirstToFail();
    if (!hasAuthority()) {
      enter(state, "waits until it sees the majority of the nodes again");
      return;
    }
    List<Candidate> ready = candidates(false);
    if (ready.isEmpty() && stopReason != null) {
      endRun(new RunResult(Outcome.STOPPED, runSteps, stopReason));
      return;
    }
    Lineup lineup =
        Lineup.of(
            ready, settings.run().minWorkers(), settings.run().maxWorkers(), stopReason != null);
    if (lineup.waits()) {
      if (stopReason != null) {
        endRun(new RunResult(Outcome.STOPPED, runSteps, stopReason));
      } else {
        enter(AWAITING_WORKERS, lineup.why());
      }
    } else if (awaitsFirstWorkers(lineup)) {
      enter(AWAITING_WORKERS, "waits for workers that are warming up");
    } else {
      form(lineup);
    }
  }

  /** The first generation waits for those who are about to be ready; later ones do not. */
  private boolean awaitsFirstWorkers(Lineup lineup) {
    if (team.generation > 0 || lineup.members().size() >= settings.run().maxWorkers()) {
      return false;
    }
    if (firstReadyNanos == 0) {
      firstReadyNanos = System.nanoTime();
    }
    boolean somebodyIsAboutTo =
        roster.all().stream().anyMatch(member -> member.idle == null && !member.leaves());
    return somebodyIsAboutTo
        && millisSince(firstReadyNanos) < settings.run().startPatience().toMillis();
  }

  /** A generation that failed though nobody left it was failed by whoever failed first. */
  private void blameFirstToFail() {
    Member member = roster.get(firstToFail);
    if (member != null && member.since > 0) {
      countFailure(member, "joins no group: " + member.idle.cause());
    }
    firstToFail = "";
  }

  private void form(Lineup lineup) {
    List<Candidate> lined = lineup.members();
    List<String> names = lined.stream().map(Candidate::name).toList();
    boolean holders = lined.stream().anyMatch(Candidate::holdsState);
    boolean restore = !holders && (runSteps > 0 || team.generation > 0);
    Team former = team;
    long number = Math.max(former.generation, highestGeneration()) + 1;
    String rendezvous = roster.get(names.get(0)).idle.rendezvous();
    team = new Team(number, names);
    List<String> entered = new ArrayList<>();
    for (int rank = 0; rank < names.size(); rank++) {
      Member member = roster.get(names.get(rank));
      boolean newcomer = holders && !member.holdsState();
      if (!former.has(member.name)) {
        entered.add(member.name);
      }
      member.since = member.holdsState() ? member.since : number;
      member.idle = null;
      member.joined = false;
      member.progress = null;
      member.phase = Phase.SYNCING;
      member.note = "";
      member.stillMillis = 0;
      member.stillAtNanos = System.nanoTime();
      member.form =
          new WorkerMessage.Form(
              term,
              number,
              rank,
              names.size(),
              rendezvous,
              newcomer,
              restore,
              lineup.first(),
              quarantine.memory(barrenGenerations));
      member.tell(member.form);
    }
    incidents.formed(number, entered, names.size(), System.currentTimeMillis());
    context
        .getLog()
        .info(
            "generation {}: {} workers{}{}",
            number,
            names.size(),
            entered.isEmpty() ? "" : ", new: " + String.join(", ", entered),
            lineup.first() == Wish.STOP ? ", to take a checkpoint and stop" : "");
    steered = Wish.NONE;
    inquiring = false;
    nodes.forgetSilence();
    enter(JOINING, "");
  }

  private long highestGeneration() {
    long highest = 0;
    for (Member member : roster.all()) {
      highest = Math.max(highest, member.card.generation());
    }
    return highest;
  }

  /** All who are ready, and with {@code members} also the running group's, as if it had paused. */
  private List<Candidate> candidates(boolean members) {
    List<Candidate> found = new ArrayList<>();
    for (Member member : roster.all()) {
      boolean active = member.since > 0 && team.has(member.name);
      if (!member.released
          && !member.closed
          && ((member.idle != null && member.vetted) || (members && active))) {
        found.add(
            new Candidate(
                member.name,
                member.since > 0 ? team.rank(member.name) : -1,
                member.order,
                member.holdsState(),
                member.leaves(),
                member.idle != null && member.since > 0 && member.idle.exit() == Exit.FINISHED));
      }
    }
    return found;
  }

  /** What the running group should be asked for, so that a change can be made. */
  private Wish planned(List<Member> members) {
    if (stopReason != null) {
      return Wish.STOP;
    }
    boolean leavers = members.stream().anyMatch(Member::leaves);
    if (leavers) {
      Lineup next =
          Lineup.of(
              candidates(true), settings.run().minWorkers(), settings.run().maxWorkers(), false);
      return next.first() == Wish.STOP ? Wish.STOP : Wish.PAUSE;
    }
    boolean room = members.size() < settings.run().maxWorkers();
    boolean newcomers =
        roster.all().stream()
            .anyMatch(
                member ->
                    member.isReady()
                        && !member.leaves()
                        && !(member.since > 0 && team.has(member.name)));
    return room && newcomers ? Wish.PAUSE : state == PAUSING ? Wish.PAUSE : Wish.NONE;
  }

  private String plannedCause(List<Member> members) {
    if (stopReason != null) {
      return stopReason;
    }
    List<String> causes = new ArrayList<>();
    for (Member member : members) {
      if (!member.banned.isEmpty()) {
        causes.add(member.name + " is left out: " + member.banned);
      } else if (member.draining) {
        causes.add(member.name + " leaves");
      }
    }
    for (Member member : roster.all()) {
      if (member.isReady() && !member.leaves() && !team.has(member.name)) {
        causes.add(member.name + " joins");
      }
    }
    return String.join("; ", causes);
  }

  private void steer(Wish wish, String reason) {
    boolean again = millisSince(steeredNanos) >= ASK_AGAIN_MILLIS * 2;
    if (wish == Wish.NONE || (wish == steered && !again)) {
      return;
    }
    steered = wish;
    steeredNanos = System.nanoTime();
    String why = reason.isEmpty() ? note : reason;
    for (Member member : activeMembers()) {
      member.tell(new WorkerMessage.Steer(term, team.generation, wish, why));
    }
  }

  private void stopped(List<Member> members) {
    if (stopReason != null) {
      endRun(new RunResult(Outcome.STOPPED, runSteps, stopReason));
      return;
    }
    boolean others = roster.all().stream().anyMatch(member -> !member.leaves() && !member.closed);
    if (!others) {
      endRun(
          new RunResult(
              Outcome.STOPPED, runSteps, "all workers were asked to leave: checkpoint taken"));
      return;
    }
    for (Member member : members) {
      if (member.draining) {
        release(member);
      }
    }
    enter(REGROUPING, "");
  }

  // ---- when the group breaks ----

  /** Whether a member's report or disappearance ended the generation; then it regroups. */
  private boolean groupFailed() {
    for (Member member : activeMembers()) {
      if (isBroken(member)) {
        firstToFail = state == JOINING ? member.name : "";
        regroup(member.name + " reports: " + member.idle.cause());
        return true;
      }
    }
    if (inquiring) {
      inquire();
    }
    return state == REGROUPING || state == ENDING;
  }

  private boolean isBroken(Member member) {
    return member.idle != null && member.idle.exit() == Exit.BROKEN;
  }

  private void regroup(String cause) {
    incidents.detected(cause, false, lastCommitMillis, System.currentTimeMillis());
    context.getLog().warn("generation {} is over: {}", team.generation, cause);
    barrenGenerations = team.committed ? 0 : barrenGenerations + 1;
    if (barrenGenerations >= settings.run().maxGenerationsWithoutCommit()) {
      endRun(
          new RunResult(
              Outcome.FAILED,
              runSteps,
              barrenGenerations
                  + " generations in a row committed no step; the last ended because "
                  + cause));
      return;
    }
    team.committed = false;
    inquiring = false;
    round++;
    roundNanos = System.nanoTime();
    enter(REGROUPING, cause);
    askedNanos = 0;
    probedNanos = 0;
    askAgain(true);
  }

  /** Asks members that have not become idle, and the kernels of those that say nothing. */
  private void askAgain(boolean regroup) {
    long now = System.nanoTime();
    if (millisSince(askedNanos) >= Math.max(ASK_AGAIN_MILLIS, team.size() / 4)) {
      askedNanos = now;
      for (Member member : activeMembers()) {
        if (member.idle == null) {
          member.tell(
              regroup
                  ? new WorkerMessage.Regroup(term, team.generation, round)
                  : new WorkerMessage.Probe(term, round));
        }
      }
    }
    if (millisSince(probedNanos) >= PROBE_AGAIN_MILLIS) {
      probedNanos = now;
      Set<String> silent = new HashSet<>();
      for (Member member : activeMembers()) {
        if (member.idle == null && member.answeredRound < round) {
          silent.add(member.address);
        }
      }
      silent.forEach(node -> nodes.probe(node, Probed::new));
    }
  }

  /** Asks around why the group stands still, and names who is to blame. */
  private void inquire() {
    long now = System.nanoTime();
    long hang = hangMillis();
    List<Member> members = activeMembers();
    List<Member> busy = members.stream().filter(member -> member.idle == null).toList();
    List<Member> silent = busy.stream().filter(member -> member.answeredRound < round).toList();
    for (Member member : silent) {
      long quiet = member.silentMillis(now);
      if (quiet >= liveness.silenceFloor().toMillis()) {
        nodes.silent(member.address);
        failed(member, "hangs: it answers nothing since " + quiet + " ms");
      } else if (quiet >= Math.min(hang, liveness.hangFloor().toMillis())) {
        name(member, "hung? It answers nothing since " + seconds(quiet));
      }
    }
    if (state == REGROUPING || state == ENDING) {
      return;
    }
    if (silent.isEmpty()) {
      judge(busy, hang, now);
    }
    if (inquiring) {
      if (silent.isEmpty()) {
        round++;
      }
      askAgain(false);
    }
  }

  /** Everybody answers: whoever neither waits for others nor gets on is to blame. */
  private void judge(List<Member> busy, long hang, long now) {
    Inquiry found = Inquiry.of(busy, hang, liveness.loadingDeadline().toMillis());
    if (found.getsOn()) {
      inquiring = false;
      busy.forEach(member -> member.note = "");
    } else if (found.isDeadlock()) {
      regroup("all ranks wait for each other since " + seconds(busy.get(0).stillMillis));
    }
    for (Member member : found.loading()) {
      name(member, "waits for its input since " + seconds(member.stillMillis));
    }
    for (Member member : found.hung()) {
      failed(member, "hangs " + doing(member, now));
    }
  }

  private void name(Member member, String what) {
    if (member.note.isEmpty()) {
      context.getLog().warn("{}: {}", member.name, what);
    }
    member.note = what;
  }

  private String doing(Member member, long now) {
    return "("
        + member.activity.name().toLowerCase(java.util.Locale.ROOT)
        + ", no progress since "
        + seconds(member.stillMillis(now))
        + ")";
  }

  private static String seconds(long millis) {
    return String.format(java.util.Locale.ROOT, "%.1f s", millis / 1000.0);
  }

  private long hangMillis() {
    if (state == JOINING) {
      return liveness.joinDeadline().toMillis();
    }
    double step =
        StatusReport.median(
            activeMembers(),
            member -> member.progress == null ? Double.NaN : member.progress.stepSeconds());
    return Double.isNaN(step)
        ? liveness.firstStepDeadline().toMillis()
        : Math.max(liveness.hangFloor().toMillis(), (long) (liveness.hangSteps() * step * 1000));
  }

  /** How long a member that answers may take to come out of its generation. */
  private long patience(Member member) {
    return member.activity == Activity.WAITING || member.activity == Activity.SYNCING
        ? liveness.joinDeadline().toMillis()
        : hangMillis();
  }

  /** A member is left out because of what it did or did not do; that counts against its node. */
  private void failed(Member member, String what) {
    context.getLog().warn("{} is left out: it {}", member.name, what);
    evict(member, "it " + what);
    member.note = "left out: it " + what;
    countFailure(member, what);
    if (state == REGROUPING) {
      incidents.because(member.name + " " + what);
      incidents.left(member.name);
    } else {
      regroup(member.name + " " + what);
      incidents.left(member.name);
    }
  }

  private void evict(Member member, String reason) {
    firstToFail = "";
    member.since = 0;
    member.idle = null;
    member.joined = false;
    member.tell(
        new WorkerMessage.Evicted(
            term, Math.max(team.generation, member.card.generation()), reason));
  }

  /** A worker's process or actor is no more. */
  private void gone(Member member, String what) {
    boolean active = member.since > 0 && team.has(member.name);
    roster.remove(member.name);
    poison.forget(member.name);
    if (member.released || member.closed || over != null) {
      return;
    }
    if (!active) {
      context.getLog().warn("{} is gone: {}", member.name, what);
      return;
    }
    member.since = 0;
    firstToFail = "";
    countFailure(member, what);
    String cause = member.name + " is gone: " + what;
    if (state == REGROUPING || state == RECOVERING || state == AWAITING_WORKERS) {
      context.getLog().warn(cause);
      incidents.because(cause);
    } else {
      regroup(cause);
    }
    incidents.left(member.name);
  }

  private void countFailure(Member member, String what) {
    quarantine
        .failed(member.card.nodeName(), what, System.currentTimeMillis())
        .ifPresent(
            reason -> {
              context.getLog().error("node {} is quarantined: {}", member.card.nodeName(), reason);
              for (Member other : roster.all()) {
                if (other.card.nodeName().equals(member.card.nodeName())) {
                  other.banned = reason;
                }
              }
            });
  }

  // ---- who leaves ----

  private void releaseLeavers() {
    for (Member member : List.copyOf(roster.all())) {
      if (!member.leaves() || member.released || member.closed || over != null) {
        continue;
      }
      boolean active = member.since > 0 && team.has(member.name);
      boolean needed = active && (member.idle == null || state == JOINING || state == PAUSING);
      if (needed || state == RECOVERING) {
        continue;
      }
      if (!member.holdsState() || member.idle == null || stateIsElsewhere(member)) {
        letGo(member);
      }
    }
  }

  private boolean stateIsElsewhere(Member leaver) {
    if (leaver.idle.exit() == Exit.STOPPED) {
      return true;
    }
    // Only a running group counts: until it stands, this one may still be needed.
    return state == TRAINING || (state == AWAITING_WORKERS && anotherHolderStays());
  }

  private boolean anotherHolderStays() {
    return roster.all().stream().anyMatch(member -> member.holdsState() && !member.leaves());
  }

  private void letGo(Member member) {
    if (member.draining) {
      release(member);
    } else {
      refuse(member, "quarantined: " + member.banned);
    }
  }

  private void release(Member member) {
    context.getLog().info("{} leaves the run", member.name);
    member.released = true;
    member.idle = null;
    member.phase = Phase.LEAVING;
    member.tell(new WorkerMessage.Release(term));
  }

  private void refuse(Member member, String reason) {
    context.getLog().error("{} is refused: {}", member.name, reason);
    member.tell(new WorkerMessage.Refused(term, reason));
    roster.remove(member.name);
  }

  private void vet() {
    if (team.generation == 0 && roster.first(member -> member.vetted).isEmpty()) {
      admission.forget();
    }
    for (Member member : List.copyOf(roster.all())) {
      if (member.vetted || member.card.facts().isEmpty()) {
        continue;
      }
      admission.accept(member.card.facts());
      List<String> differences = admission.differences(member.card.facts());
      if (differences.isEmpty()) {
        member.vetted = true;
      } else {
        refuse(member, "it does not fit the run: " + String.join("; ", differences));
      }
    }
  }

  // ---- the end ----

  private void endRun(RunResult result) {
    over = result;
    context
        .getLog()
        .info("the run is over: {} after {} steps {}", result.outcome(), runSteps, result.reason());
    for (Member member : roster.all()) {
      member.tell(new WorkerMessage.RunOver(term, result));
    }
    answerCheckpoints(new Answer(false, "the run is over"));
    enter(ENDING, result.reason());
  }

  private static boolean endsRun(RunResult result) {
    return switch (result.outcome()) {
      case FINISHED, STOPPED, FAILED -> true;
      case DRAINED, REFUSED, DRAIN_TIMED_OUT -> false;
    };
  }

  // ---- messages from nodes and workers ----

  private Behavior<CoordinatorCommand> onHello(CoordinatorMessage.Hello hello) {
    nodes.hello(hello);
    return advance();
  }

  private Behavior<CoordinatorCommand> onOutranked(CoordinatorMessage.Outranked outranked) {
    if (outranked.term() < term) {
      return Behaviors.same();
    }
    if (state != RECOVERING) {
      context.getLog().warn("superseded by the coordinator of term {}", outranked.term());
      return Behaviors.stopped();
    }
    term = outranked.term() + 1;
    announce();
    return Behaviors.same();
  }

  private Behavior<CoordinatorCommand> onRegister(CoordinatorMessage.Register register) {
    WorkerCard card = register.worker();
    Member known = roster.get(card.name());
    if (known != null && !known.ref.equals(register.ref())) {
      gone(known, "its process was replaced");
      known = null;
    }
    if (quarantine.reason(card.nodeName()).isPresent() && known == null && over == null) {
      register
          .ref()
          .tell(
              new WorkerMessage.Refused(
                  term, "quarantined: " + quarantine.reason(card.nodeName()).get()));
      return advance();
    }
    Member member = known;
    if (member == null) {
      member = roster.add(card, register.ref());
      context.watchWith(register.ref(), new WorkerStopped(card.name(), register.ref()));
      settle(member);
    }
    member.card = card;
    member.vetted &= admission.isOf(card.facts());
    member.draining |= card.draining();
    if (card.phase() == Phase.WARMING_UP) {
      member.idle = null;
    }
    member.phase = card.phase();
    member.closed = card.phase() == Phase.ENDED;
    heard(member);
    member.tell(new WorkerMessage.Welcome(term, runSteps, reportMillis));
    if (over != null) {
      member.tell(new WorkerMessage.RunOver(term, over));
    }
    if (state != RECOVERING) {
      vet();
    }
    return advance();
  }

  /** Where a worker that was unknown until now stands. */
  private void settle(Member member) {
    WorkerCard card = member.card;
    if (state == RECOVERING) {
      member.since = card.memberSince();
    } else if (card.memberSince() > 0) {
      boolean lateMember =
          card.generation() == team.generation
              && team.size() == card.worldSize()
              && state != ENDING;
      if (lateMember && !team.has(card.name())) {
        team.set(card.rank(), card.name());
        member.since = card.memberSince();
        member.joined = card.phase() == Phase.TRAINING;
      } else {
        evict(member, "generation " + card.generation() + " is over");
      }
    }
  }

  private Behavior<CoordinatorCommand> onProgress(CoordinatorMessage.Progress progress) {
    Member member = roster.get(progress.worker());
    if (member == null || isStale(member, progress.generation())) {
      return Behaviors.same();
    }
    heard(member);
    member.progress = progress;
    member.activity = progress.activity();
    member.phase = Phase.TRAINING;
    if (!inquiring) {
      member.note = "";
    }
    committed(progress.committedSteps());
    return advance();
  }

  private void committed(long steps) {
    if (steps > runSteps) {
      runSteps = steps;
      lastCommitMillis = System.currentTimeMillis();
    }
    poison.committed(steps);
    if (!team.committed && team.startSteps >= 0 && steps > team.startSteps) {
      team.committed = true;
      barrenGenerations = 0;
      if (state == TRAINING) {
        incidents.committed(System.currentTimeMillis());
      }
    }
  }

  private Behavior<CoordinatorCommand> onAlive(CoordinatorMessage.Alive alive) {
    Member member = roster.get(alive.worker());
    if (member == null || isStale(member, alive.generation())) {
      return Behaviors.same();
    }
    heard(member);
    member.answeredRound = Math.max(member.answeredRound, alive.round());
    standing(member, alive.activity(), alive.stillMillis());
    return advance();
  }

  private Behavior<CoordinatorCommand> onIdle(CoordinatorMessage.Idle idle) {
    Member member = roster.get(idle.worker());
    if (member == null || member.released) {
      return Behaviors.same();
    }
    heard(member);
    boolean active = member.since > 0 && team.has(member.name);
    if (active && idle.generation() < team.generation) {
      if (state == JOINING && member.form != null && !member.joined) {
        member.tell(member.form);
      }
      return Behaviors.same();
    }
    if (!active && idle.exit() != Exit.NEW && state != RECOVERING) {
      evict(member, "generation " + idle.generation() + " is over");
      return Behaviors.same();
    }
    if (active && idle.exit() == Exit.NEW) {
      member.since = 0;
    }
    boolean again = member.idle != null;
    member.idle = idle;
    member.phase = Phase.IDLE;
    if (idle.exit() != Exit.NEW) {
      committed(idle.committedSteps());
      if (idle.suspectRank() >= 0 && !again) {
        suspect(idle.suspectRank());
      }
    }
    if (state != RECOVERING) {
      vet();
    }
    return advance();
  }

  private void suspect(int rank) {
    List<String> names = team.names();
    Member member = rank < names.size() ? roster.get(names.get(rank)) : null;
    if (member != null) {
      nodes.probe(member.address, Probed::new);
    }
  }

  private Behavior<CoordinatorCommand> onJoined(CoordinatorMessage.Joined joined) {
    Member member = roster.get(joined.worker());
    if (member == null || isStale(member, joined.generation())) {
      return Behaviors.same();
    }
    heard(member);
    member.joined = true;
    member.phase = Phase.TRAINING;
    if (team.startSteps < 0) {
      team.startSteps = joined.committedSteps();
    }
    runSteps = Math.max(runSteps, joined.committedSteps());
    incidents.transferred(joined.transferSeconds());
    return advance();
  }

  private Behavior<CoordinatorCommand> onStalled(CoordinatorMessage.Stalled stalled) {
    Member member = roster.get(stalled.worker());
    if (member == null || isStale(member, stalled.generation())) {
      return Behaviors.same();
    }
    heard(member);
    standing(member, stalled.activity(), stalled.stillMillis());
    member.tell(new WorkerMessage.Probe(term, round));
    if (!inquiring && (state == TRAINING || state == PAUSING || state == JOINING)) {
      startInquiry();
    }
    return advance();
  }

  private void startInquiry() {
    inquiring = true;
    round++;
    roundNanos = System.nanoTime();
    askedNanos = 0;
    probedNanos = 0;
    askAgain(false);
  }

  private Behavior<CoordinatorCommand> onNotFinite(CoordinatorMessage.NotFinite notFinite) {
    Member member = roster.get(notFinite.worker());
    if (member == null || isStale(member, notFinite.generation())) {
      return Behaviors.same();
    }
    poison.report(member.name, notFinite.step(), notFinite.here(), team.size());
    if (poison.streak() >= settings.run().maxStepsWithoutCommit()) {
      endRun(
          new RunResult(
              Outcome.FAILED,
              runSteps,
              "no step committed in the last "
                  + poison.streak()
                  + ": gradients are not finite (last committed step: "
                  + runSteps
                  + "); lower the learning rate or resume from an earlier checkpoint"));
    }
    for (String name : poison.poisonous()) {
      Member poisonous = roster.get(name);
      if (poisonous != null && poisonous.banned.isEmpty() && activeMembers().size() > 1) {
        String reason = name + " alone produced gradients that are not finite, repeatedly";
        context.getLog().error("node {} is quarantined: {}", poisonous.card.nodeName(), reason);
        poisonous.banned =
            quarantine.put(poisonous.card.nodeName(), reason, System.currentTimeMillis());
      }
    }
    return advance();
  }

  private Behavior<CoordinatorCommand> onCheckpointed(CoordinatorMessage.Checkpointed message) {
    if (message.generation() == team.generation && team.rank(message.worker()) == 0) {
      saveDue = false;
      steered = state == TRAINING ? Wish.NONE : steered;
      answerCheckpoints(
          new Answer(true, "checkpoint of step " + message.committedSteps() + " taken"));
    }
    return advance();
  }

  private void answerCheckpoints(Answer answer) {
    awaitingCheckpoint.forEach(replyTo -> replyTo.tell(answer));
    awaitingCheckpoint.clear();
  }

  private Behavior<CoordinatorCommand> onFaulted(CoordinatorMessage.Faulted faulted) {
    Member member = roster.get(faulted.worker());
    if (member == null) {
      return Behaviors.same();
    }
    heard(member);
    boolean active = member.since > 0 && team.has(member.name);
    context.getLog().error("{} failed: {}", member.name, faulted.reason());
    member.since = 0;
    member.idle = null;
    member.vetted = false;
    member.phase = Phase.WARMING_UP;
    countFailure(member, faulted.reason());
    if (active) {
      team.faulted.add(member.name);
      boolean everybody = team.names().stream().allMatch(team.faulted::contains);
      if (everybody) {
        endRun(
            new RunResult(
                Outcome.FAILED, runSteps, "every worker failed, the last: " + faulted.reason()));
      } else if (state == REGROUPING) {
        incidents.because(member.name + " failed: " + faulted.reason());
      } else if (state != RECOVERING && state != ENDING) {
        regroup(member.name + " failed: " + faulted.reason());
      }
      incidents.left(member.name);
    }
    return advance();
  }

  private Behavior<CoordinatorCommand> onHopeless(CoordinatorMessage.Hopeless hopeless) {
    if (over == null && state != RECOVERING) {
      endRun(new RunResult(Outcome.FAILED, runSteps, hopeless.worker() + ": " + hopeless.reason()));
    }
    return advance();
  }

  private Behavior<CoordinatorCommand> onClosed(CoordinatorMessage.Closed closed) {
    Member member = roster.get(closed.worker());
    if (member != null) {
      member.closed = true;
      if (over == null) {
        roster.remove(member.name);
      }
    }
    return advance();
  }

  private Behavior<CoordinatorCommand> onMayCommit(CoordinatorMessage.MayCommit ask) {
    if (state == RECOVERING || !hasAuthority()) {
      return Behaviors.same();
    }
    Member member = roster.get(ask.worker());
    boolean yes =
        member != null
            && member.since > 0
            && member.since <= ask.generation()
            && ask.generation() <= team.generation;
    ask.replyTo().tell(new CoordinatorMessage.Verdict(yes));
    return Behaviors.same();
  }

  // ---- commands ----

  private Behavior<CoordinatorCommand> onAskStatus(CoordinatorMessage.AskStatus ask) {
    ask.replyTo()
        .tell(
            new StatusReport(settings, nodes.own(), term, state, note, team, runSteps)
                .of(roster, quarantine.all(), incidents.all()));
    return Behaviors.same();
  }

  private Behavior<CoordinatorCommand> onAskDrain(CoordinatorMessage.AskDrain ask) {
    List<Member> asked = new ArrayList<>(roster.on(ask.who()));
    Member named = roster.get(ask.who());
    if (named == null && ask.who().matches("\\d+")) {
      List<String> names = team.names();
      int rank = Integer.parseInt(ask.who());
      named = rank < names.size() ? roster.get(names.get(rank)) : null;
    }
    if (named != null) {
      asked.add(named);
    }
    if (asked.isEmpty()) {
      List<String> names = roster.all().stream().map(member -> member.name).toList();
      ask.replyTo()
          .tell(
              new Answer(
                  false, "worker: " + ask.who() + " (expected: one of " + names + ", or a rank)"));
      return Behaviors.same();
    }
    for (Member member : asked) {
      member.draining = true;
      member.tell(new WorkerMessage.PleaseLeave(term));
    }
    List<String> names = asked.stream().map(member -> member.name).toList();
    ask.replyTo()
        .tell(new Answer(true, String.join(", ", names) + " leaves after the step in flight"));
    return advance();
  }

  private Behavior<CoordinatorCommand> onAskCheckpoint(CoordinatorMessage.AskCheckpoint ask) {
    if (state == ENDING || state == AWAITING_WORKERS) {
      ask.replyTo().tell(new Answer(false, "no step is in flight: " + note));
      return Behaviors.same();
    }
    awaitingCheckpoint.add(ask.replyTo());
    return advance();
  }

  private Behavior<CoordinatorCommand> onAskStop(CoordinatorMessage.AskStop ask) {
    if (over == null && stopReason == null) {
      stopReason = ask.reason();
    }
    ask.replyTo()
        .tell(new Answer(true, "the run takes a checkpoint after the step in flight and stops"));
    return advance();
  }

  private Behavior<CoordinatorCommand> onTimeToSave() {
    saveDue = true;
    return advance();
  }

  // ---- the cluster ----

  private Behavior<CoordinatorCommand> onMembership(Membership membership) {
    org.apache.pekko.cluster.Member node = membership.event().member();
    String nodeAddress = Electorate.hostAndPort(node.address());
    if (node.status() == MemberStatus.removed()) {
      nodes.removed(nodeAddress);
      for (Member member : roster.on(nodeAddress)) {
        gone(member, "its node left the cluster");
      }
    } else if (!nodes.isKnown(nodeAddress) || node.status() == MemberStatus.up()) {
      nodes.announce(term, node.address());
    }
    return advance();
  }

  private Behavior<CoordinatorCommand> onUnreachable(Unreachable unreachable) {
    String node = Electorate.hostAndPort(unreachable.event().member().address());
    nodes.probe(node, Probed::new);
    boolean member = roster.on(node).stream().anyMatch(worker -> team.has(worker.name));
    if (member && !inquiring && (state == TRAINING || state == PAUSING || state == JOINING)) {
      startInquiry();
    }
    return advance();
  }

  private Behavior<CoordinatorCommand> onProbed(Probed probed) {
    if (probed.verdict() == NodeProbe.Verdict.GONE && nodes.dead(probed.address())) {
      for (Member member : roster.on(probed.address())) {
        gone(member, "its process is no more, its host refuses connections");
      }
    }
    return advance();
  }

  private Behavior<CoordinatorCommand> onWorkerStopped(WorkerStopped stopped) {
    Member member = roster.get(stopped.name());
    if (member != null && member.ref.equals(stopped.ref())) {
      gone(member, "its actor stopped");
    }
    return advance();
  }

  private Behavior<CoordinatorCommand> onTick() {
    long now = System.nanoTime();
    if (TimeUnit.NANOSECONDS.toMillis(now - tickNanos) > PAUSED_ITSELF_MILLIS) {
      // Much may have happened meanwhile, a successor included: listen before deciding anything.
      context.getLog().warn("this process stood still for {}", seconds(millisSince(tickNanos)));
      trustedAgainNanos = now + TimeUnit.MILLISECONDS.toNanos(PAUSED_ITSELF_MILLIS);
    }
    tickNanos = now;
    long since = millisSince(announcedNanos);
    boolean hurry = state == RECOVERING && since >= ANNOUNCE_AGAIN_MILLIS;
    if (hurry || since >= ANNOUNCE_ALWAYS_MILLIS) {
      announce();
    }
    long wanted = Math.max(liveness.reportInterval().toMillis(), roster.all().size());
    if (wanted > reportMillis * 5 / 4) {
      reportMillis = wanted;
      roster
          .all()
          .forEach(member -> member.tell(new WorkerMessage.Welcome(term, runSteps, reportMillis)));
    }
    return advance();
  }

  private void announce() {
    announcedNanos = System.nanoTime();
    nodes.announce(term);
  }

  private boolean hasAuthority() {
    return System.nanoTime() - trustedAgainNanos >= 0 && nodes.holdMajority();
  }

  // ---- small things ----

  private List<Member> activeMembers() {
    List<Member> active = new ArrayList<>();
    for (String name : team.names()) {
      Member member = roster.get(name);
      if (member != null && member.since > 0) {
        active.add(member);
      }
    }
    return active;
  }

  /** Whether a worker speaks of a generation that is over for it; then it is told. */
  private boolean isStale(Member member, long generation) {
    boolean active = member.since > 0 && team.has(member.name);
    if (state == RECOVERING || state == ENDING || generation == 0) {
      return false;
    }
    if (!active && (member.phase == Phase.TRAINING || member.phase == Phase.SYNCING)) {
      evict(member, "generation " + generation + " is over");
      return true;
    }
    return active && generation < team.generation && !(member.form != null && !member.joined);
  }

  private void standing(Member member, Activity activity, long stillMillis) {
    member.activity = activity;
    member.stillMillis = stillMillis;
    member.stillAtNanos = System.nanoTime();
  }

  private void heard(Member member) {
    member.heardNanos = System.nanoTime();
    nodes.heard(member.address);
  }

  private void enter(State next, String why) {
    if (next != state) {
      state = next;
      stateNanos = System.nanoTime();
    }
    note = why;
  }

  private long millisInState() {
    return millisSince(stateNanos);
  }

  private static long millisSince(long nanos) {
    return nanos == 0
        ? Long.MAX_VALUE / 2
        : TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
  }
}
