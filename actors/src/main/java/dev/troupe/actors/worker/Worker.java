package dev.troupe.actors.worker;

import dev.troupe.actors.LivenessSettings;
import dev.troupe.actors.RunResult;
import dev.troupe.actors.RunResult.Outcome;
import dev.troupe.actors.protocol.CoordinatorCommand;
import dev.troupe.actors.protocol.CoordinatorMessage;
import dev.troupe.actors.protocol.Exit;
import dev.troupe.actors.protocol.NodeCommand;
import dev.troupe.actors.protocol.NodeNote;
import dev.troupe.actors.protocol.Phase;
import dev.troupe.actors.protocol.RunMemory;
import dev.troupe.actors.protocol.WorkerCommand;
import dev.troupe.actors.protocol.WorkerMessage;
import dev.troupe.actors.protocol.WorkerNote;
import dev.troupe.actors.task.Group;
import dev.troupe.actors.task.RunFailure;
import dev.troupe.actors.task.StepReport;
import dev.troupe.actors.task.SyncReport;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.BehaviorBuilder;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/**
 * Follows the coordinator on behalf of one device. It never blocks: native work runs on the slot's
 * thread and answers by message. States, in order of a life: {@link #joining}, {@link #idle},
 * {@link #syncing}, {@link #training}, {@link #leaving}.
 */
public final class Worker {

  // ---- what it tells itself ----

  private record Warm(Map<String, String> facts, String rendezvous, long committedSteps)
      implements WorkerCommand {}

  private record Synced(long generation, SyncReport sync) implements WorkerCommand {}

  private record FirstStep(long generation, long committedSteps, double loss, double seconds)
      implements WorkerCommand {}

  private record NotFinite(long generation, StepReport report) implements WorkerCommand {}

  private record Checkpointed(long generation, long committedSteps) implements WorkerCommand {}

  private record LoopEnded(long generation, TrainingLoop.End end) implements WorkerCommand {}

  private record Failed(Throwable error) implements WorkerCommand {}

  private record TaskClosed(RunResult result, boolean ordered) implements WorkerCommand {}

  private enum Tick implements WorkerCommand {
    INSTANCE
  }

  /**
   * @param slot its thread and task
   * @param node told when the worker is through
   */
  public static Behavior<WorkerCommand> create(
      WorkerSlot slot, WorkerPlace place, LivenessSettings liveness, ActorRef<NodeCommand> node) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new Worker(context, timers, slot, place, liveness, node).joining()));
  }

  // ---- state ----

  private static final Duration TICK = Duration.ofMillis(250);
  private static final long RESTATE_STALL_MILLIS = 500;

  /**
   * A worker that waits says again who it is: where its node has just come back under its old
   * address, the coordinator may have taken the end of the former one for its own.
   */
  private static final Duration REGISTER_AGAIN = Duration.ofSeconds(3);

  private static final long COORDINATOR_ANSWERS_MILLIS = 400;

  private final ActorContext<WorkerCommand> context;
  private final WorkerSlot slot;
  private final WorkerPlace place;
  private final LivenessSettings liveness;
  private final ActorRef<NodeCommand> node;
  private final WishBox wishes = new WishBox();
  private final Pace pace = new Pace();
  private final Stillness stillness = new Stillness();

  private long term;
  private ActorRef<CoordinatorCommand> coordinator;
  private boolean welcomed;
  private long reportMillis;
  private long lastReportNanos;
  private long lastRegisteredNanos;
  private long lastStallNanos;
  private long unansweredSinceNanos;

  private Phase phase = Phase.WARMING_UP;
  private boolean draining;
  private Map<String, String> facts = Map.of();
  private long generation;
  private int rank = -1;
  private int worldSize;
  private long memberSince;
  private long committedSteps = -1;
  private long runSteps;
  private RunMemory memory = RunMemory.EMPTY;
  private RunResult over;
  private TrainingLoop.End lastEnd;

  private Worker(
      ActorContext<WorkerCommand> context,
      TimerScheduler<WorkerCommand> timers,
      WorkerSlot slot,
      WorkerPlace place,
      LivenessSettings liveness,
      ActorRef<NodeCommand> node) {
    this.context = context;
    this.slot = slot;
    this.place = place;
    this.liveness = liveness;
    this.node = node;
    this.reportMillis = liveness.reportInterval().toMillis();
    context.setLoggerName(Worker.class);
    timers.startTimerAtFixedRate(Tick.INSTANCE, TICK);
    linkSlot();
    warmUp();
  }

  // ---- states ----

  /** Warms up; known to the coordinator, but no candidate yet. */
  private Behavior<WorkerCommand> joining() {
    phase = Phase.WARMING_UP;
    return receive().onMessage(Warm.class, this::onWarm).build();
  }

  /** Ready, in no generation: waits for the next one. */
  private Behavior<WorkerCommand> idle() {
    phase = Phase.IDLE;
    return receive()
        .onMessage(WorkerMessage.Form.class, this::onForm)
        .onMessage(WorkerMessage.Regroup.class, this::onRegroupWhileIdle)
        .build();
  }

  /** Joins a generation: connects and evens out the state. */
  private Behavior<WorkerCommand> syncing() {
    phase = Phase.SYNCING;
    return receive()
        .onMessage(Synced.class, this::onSynced)
        .onMessage(LoopEnded.class, this::onLoopEnded)
        .onMessage(WorkerMessage.Regroup.class, this::onRegroup)
        .onMessage(WorkerMessage.Steer.class, this::onSteer)
        .build();
  }

  /** Runs steps, until the group pauses, stops, finishes or breaks. */
  private Behavior<WorkerCommand> training() {
    phase = Phase.TRAINING;
    return receive()
        .onMessage(LoopEnded.class, this::onLoopEnded)
        .onMessage(FirstStep.class, this::onFirstStep)
        .onMessage(NotFinite.class, this::onNotFinite)
        .onMessage(Checkpointed.class, this::onCheckpointed)
        .onMessage(WorkerMessage.Regroup.class, this::onRegroup)
        .onMessage(WorkerMessage.Steer.class, this::onSteer)
        .onMessage(WorkerMessage.Form.class, this::onFormRepeated)
        .build();
  }

  /** Finishes its writes and closes its task. */
  private Behavior<WorkerCommand> leaving() {
    phase = Phase.LEAVING;
    return receive().onMessage(TaskClosed.class, this::onTaskClosed).build();
  }

  /** What is understood in every state; the state's own handlers are added before it is built. */
  private BehaviorBuilder<WorkerCommand> receive() {
    return Behaviors.receive(WorkerCommand.class)
        .onMessage(WorkerMessage.class, this::isOutdated, message -> Behaviors.same())
        .onMessage(Tick.class, tick -> onTick())
        .onMessage(WorkerNote.CoordinatorIs.class, this::onCoordinatorIs)
        .onMessage(WorkerNote.LeavePolitely.class, note -> onLeavePolitely())
        .onMessage(WorkerMessage.PleaseLeave.class, message -> onLeavePolitely())
        .onMessage(WorkerMessage.Welcome.class, this::onWelcome)
        .onMessage(WorkerMessage.Refused.class, this::onRefused)
        .onMessage(WorkerMessage.Probe.class, this::onProbe)
        .onMessage(WorkerMessage.Evicted.class, this::onEvicted)
        .onMessage(WorkerMessage.Release.class, message -> onRelease())
        .onMessage(WorkerMessage.RunOver.class, this::onRunOver)
        .onMessage(Failed.class, this::onFailed)
        .onSignal(PostStop.class, signal -> onPostStop());
  }

  // ---- warming up ----

  private void warmUp() {
    context.pipeToSelf(
        slot.run(
            () -> {
              Map<String, String> warm = slot.warmUp(place.name());
              return new Warm(warm, slot.task().openRendezvous(), slot.task().committedSteps());
            }),
        (warm, error) -> error == null ? warm : new Failed(error));
  }

  private Behavior<WorkerCommand> onWarm(Warm warm) {
    facts = warm.facts();
    committedSteps = warm.committedSteps();
    lastEnd = new TrainingLoop.End(Exit.NEW, committedSteps, warm.rendezvous(), "", -1);
    context.getLog().info("worker {} is ready", place.name());
    phase = Phase.IDLE;
    register();
    tellIdle();
    return idle();
  }

  // ---- the coordinator ----

  private boolean isOutdated(WorkerMessage message) {
    return message.term() < term;
  }

  private Behavior<WorkerCommand> onCoordinatorIs(WorkerNote.CoordinatorIs note) {
    if (note.term() < term || (note.term() == term && note.coordinator().equals(coordinator))) {
      return Behaviors.same();
    }
    term = note.term();
    coordinator = note.coordinator();
    welcomed = false;
    unansweredSinceNanos = 0;
    linkSlot();
    register();
    if (phase == Phase.IDLE) {
      tellIdle();
    }
    return Behaviors.same();
  }

  private Behavior<WorkerCommand> onWelcome(WorkerMessage.Welcome welcome) {
    welcomed = true;
    reportMillis = welcome.reportMillis();
    runSteps = Math.max(runSteps, welcome.runSteps());
    return Behaviors.same();
  }

  private Behavior<WorkerCommand> onRefused(WorkerMessage.Refused refused) {
    context.getLog().error("worker {} is refused: {}", place.name(), refused.reason());
    return close(new RunResult(Outcome.REFUSED, runSteps, refused.reason()), false);
  }

  private Behavior<WorkerCommand> onProbe(WorkerMessage.Probe probe) {
    heard();
    tellAlive(probe.round());
    return Behaviors.same();
  }

  private Behavior<WorkerCommand> onTick() {
    long now = System.nanoTime();
    stillness.look(pace.steps(), slot.progress(), now);
    if (phase == Phase.SYNCING || phase == Phase.TRAINING) {
      tellIfStalled(now);
    }
    // One rank tells how the group gets on; the others, how they do themselves.
    long every = rank == 0 ? liveness.reportInterval().toMillis() : reportMillis;
    boolean due = now - lastReportNanos >= Duration.ofMillis(every).toNanos();
    if (!welcomed && due) {
      register();
    } else if (due) {
      report();
    }
    if (unansweredSinceNanos != 0
        && now - unansweredSinceNanos >= Duration.ofMillis(COORDINATOR_ANSWERS_MILLIS).toNanos()) {
      unansweredSinceNanos = 0;
      node.tell(new NodeNote.CoordinatorSilent());
    }
    return Behaviors.same();
  }

  // ---- generations ----

  private Behavior<WorkerCommand> onForm(WorkerMessage.Form form) {
    heard();
    if (form.generation() <= generation) {
      return Behaviors.same();
    }
    generation = form.generation();
    rank = form.rank();
    worldSize = form.worldSize();
    memory = form.memory();
    memberSince = form.newcomer() || memberSince == 0 ? generation : memberSince;
    wishes.clear();
    pace.restart(committedSteps);
    stillness.restart(System.nanoTime());
    linkSlot();
    context
        .getLog()
        .info("generation {}: {} is rank {} of {}", generation, place.name(), rank, worldSize);
    Group group =
        new Group(
            generation,
            rank,
            worldSize,
            form.rendezvous(),
            form.newcomer(),
            liveness.collectiveTimeout());
    TrainingLoop loop =
        new TrainingLoop(slot.task(), wishes, pace, new Told(context.getSelf(), generation));
    context.pipeToSelf(
        slot.run(() -> loop.run(group, form.restore(), form.first())),
        (end, error) -> error == null ? new LoopEnded(group.generation(), end) : new Failed(error));
    return syncing();
  }

  private Behavior<WorkerCommand> onFormRepeated(WorkerMessage.Form form) {
    heard();
    return Behaviors.same();
  }

  private Behavior<WorkerCommand> onSynced(Synced synced) {
    if (synced.generation() != generation) {
      return Behaviors.same();
    }
    SyncReport sync = synced.sync();
    committedSteps = sync.committedSteps();
    runSteps = Math.max(runSteps, committedSteps);
    stillness.restart(System.nanoTime());
    tell(
        new CoordinatorMessage.Joined(
            place.name(),
            generation,
            committedSteps,
            sync.connectSeconds(),
            sync.transferSeconds()));
    return training();
  }

  private Behavior<WorkerCommand> onLoopEnded(LoopEnded ended) {
    if (ended.generation() != generation) {
      return Behaviors.same();
    }
    lastEnd = ended.end();
    committedSteps = lastEnd.committedSteps();
    runSteps = Math.max(runSteps, committedSteps);
    if (lastEnd.exit() == Exit.BROKEN) {
      context
          .getLog()
          .warn("generation {}: {} lost its group: {}", generation, place.name(), lastEnd.cause());
    }
    tellIdle();
    awaitAnswer();
    return idle();
  }

  private Behavior<WorkerCommand> onRegroup(WorkerMessage.Regroup regroup) {
    heard();
    if (regroup.generation() == generation) {
      tellAlive(regroup.round());
      slot.abort();
    }
    return Behaviors.same();
  }

  private Behavior<WorkerCommand> onRegroupWhileIdle(WorkerMessage.Regroup regroup) {
    heard();
    tellAlive(regroup.round());
    tellIdle();
    return Behaviors.same();
  }

  private Behavior<WorkerCommand> onSteer(WorkerMessage.Steer steer) {
    if (steer.generation() == generation) {
      wishes.put(steer.wish(), steer.reason());
    }
    return Behaviors.same();
  }

  private Behavior<WorkerCommand> onEvicted(WorkerMessage.Evicted evicted) {
    heard();
    if (evicted.generation() < generation || memberSince == 0) {
      return Behaviors.same();
    }
    context
        .getLog()
        .warn(
            "{} is no longer a member of the run ({}); it comes back as a newcomer",
            place.name(),
            evicted.reason());
    memberSince = 0;
    linkSlot();
    if (phase == Phase.IDLE) {
      lastEnd = new TrainingLoop.End(Exit.NEW, committedSteps, lastEnd.rendezvous(), "", -1);
      register();
      tellIdle();
    } else {
      slot.abort();
    }
    return Behaviors.same();
  }

  // ---- while training ----

  private Behavior<WorkerCommand> onFirstStep(FirstStep first) {
    if (first.generation() == generation && rank == 0) {
      report();
    }
    return Behaviors.same();
  }

  private Behavior<WorkerCommand> onNotFinite(NotFinite notFinite) {
    StepReport report = notFinite.report();
    tell(
        new CoordinatorMessage.NotFinite(
            place.name(), notFinite.generation(), report.step(), !report.finiteHere()));
    return Behaviors.same();
  }

  private Behavior<WorkerCommand> onCheckpointed(Checkpointed checkpointed) {
    tell(
        new CoordinatorMessage.Checkpointed(
            place.name(), checkpointed.generation(), checkpointed.committedSteps()));
    return Behaviors.same();
  }

  // ---- leaving ----

  private Behavior<WorkerCommand> onLeavePolitely() {
    if (!draining) {
      draining = true;
      register();
    }
    return Behaviors.same();
  }

  private Behavior<WorkerCommand> onRelease() {
    return close(new RunResult(Outcome.DRAINED, runSteps, place.name() + " left politely"), true);
  }

  private Behavior<WorkerCommand> onRunOver(WorkerMessage.RunOver message) {
    return close(message.result(), true);
  }

  private Behavior<WorkerCommand> close(RunResult result, boolean ordered) {
    if (over != null) {
      if (phase == Phase.ENDED) {
        tell(new CoordinatorMessage.Closed(place.name()));
      }
      return Behaviors.same();
    }
    over = result;
    slot.abort();
    context.pipeToSelf(
        slot.run(slot::discard),
        (nothing, error) -> new TaskClosed(error == null ? result : failed(error), ordered));
    return leaving();
  }

  private RunResult failed(Throwable error) {
    String reason = place.name() + ": closing failed: " + message(error);
    return new RunResult(Outcome.FAILED, runSteps, reason);
  }

  private Behavior<WorkerCommand> onTaskClosed(TaskClosed closed) {
    over = closed.result();
    phase = Phase.ENDED;
    tell(new CoordinatorMessage.Closed(place.name()));
    node.tell(new NodeNote.WorkerEnded(place.name(), over, closed.ordered()));
    return Behaviors.same();
  }

  // ---- faults ----

  private Behavior<WorkerCommand> onFailed(Failed failed) {
    Throwable error = cause(failed.error());
    if (phase == Phase.LEAVING || phase == Phase.ENDED) {
      return Behaviors.same();
    }
    if (error instanceof RunFailure) {
      tell(new CoordinatorMessage.Hopeless(place.name(), message(error)));
      if (phase == Phase.WARMING_UP) {
        return close(new RunResult(Outcome.FAILED, runSteps, message(error)), false);
      }
      context.getLog().error("{}: {}", place.name(), message(error));
      lastEnd = new TrainingLoop.End(Exit.BROKEN, committedSteps, "", message(error), -1);
      return idle();
    }
    if (phase == Phase.WARMING_UP) {
      context.getLog().error("{} cannot warm up", place.name(), error);
      String reason = place.name() + " cannot warm up: " + message(error);
      return close(new RunResult(Outcome.FAILED, runSteps, reason), false);
    }
    context.getLog().error("{} failed; it starts anew", place.name(), error);
    tell(new CoordinatorMessage.Faulted(place.name(), generation, message(error)));
    memberSince = 0;
    committedSteps = -1;
    facts = Map.of();
    linkSlot();
    context.pipeToSelf(
        slot.run(slot::discard),
        (nothing, closing) -> {
          if (closing != null) {
            context.getLog().warn("closing the failed task failed too", closing);
          }
          return Tick.INSTANCE;
        });
    Behavior<WorkerCommand> next = joining();
    register();
    warmUp();
    return next;
  }

  private Behavior<WorkerCommand> onPostStop() {
    slot.link(null);
    slot.abort();
    return Behaviors.same();
  }

  // ---- telling ----

  private void register() {
    lastReportNanos = System.nanoTime();
    lastRegisteredNanos = lastReportNanos;
    tell(
        new CoordinatorMessage.Register(
            new CoordinatorMessage.WorkerCard(
                place.name(),
                place.address(),
                place.nodeName(),
                ProcessHandle.current().pid(),
                phase,
                draining,
                facts,
                generation,
                rank,
                worldSize,
                memberSince,
                phase == Phase.TRAINING ? pace.read().committedSteps() : committedSteps,
                runSteps,
                memory,
                over),
            context.getSelf()));
  }

  private void report() {
    lastReportNanos = System.nanoTime();
    switch (phase) {
      case IDLE -> {
        if (lastReportNanos - lastRegisteredNanos > REGISTER_AGAIN.toNanos()) {
          register();
        }
        tellIdle();
      }
      case TRAINING -> {
        Pace.Reading now = pace.read();
        runSteps = Math.max(runSteps, now.committedSteps());
        tell(
            new CoordinatorMessage.Progress(
                place.name(),
                generation,
                now.committedSteps(),
                now.loss(),
                now.stepSeconds(),
                now.ownSeconds(),
                slot.activity()));
      }
      case ENDED -> tell(new CoordinatorMessage.Closed(place.name()));
      default -> tellAlive(0);
    }
  }

  private void tellIdle() {
    boolean member = memberSince != 0;
    tell(
        new CoordinatorMessage.Idle(
            place.name(),
            generation,
            member ? lastEnd.exit() : Exit.NEW,
            committedSteps,
            lastEnd.rendezvous(),
            lastEnd.cause(),
            lastEnd.suspectRank()));
  }

  private void tellAlive(long round) {
    long now = System.nanoTime();
    stillness.look(pace.steps(), slot.progress(), now);
    tell(
        new CoordinatorMessage.Alive(
            place.name(), generation, round, slot.activity(), stillness.millis(now)));
  }

  private void tellIfStalled(long now) {
    long still = stillness.millis(now);
    if (still >= hangMillis()
        && now - lastStallNanos >= Duration.ofMillis(restateStallMillis()).toNanos()) {
      lastStallNanos = now;
      tell(new CoordinatorMessage.Stalled(place.name(), generation, slot.activity(), still));
      awaitAnswer();
    }
  }

  private long restateStallMillis() {
    return Math.max(RESTATE_STALL_MILLIS, reportMillis);
  }

  private long hangMillis() {
    Pace.Reading now = pace.read();
    if (phase == Phase.SYNCING) {
      return liveness.joinDeadline().toMillis();
    }
    return now.steps() < 2
        ? liveness.firstStepDeadline().toMillis()
        : Math.max(
            liveness.hangFloor().toMillis(),
            (long) (liveness.hangSteps() * now.stepSeconds() * 1000));
  }

  private void awaitAnswer() {
    if (unansweredSinceNanos == 0) {
      unansweredSinceNanos = System.nanoTime();
    }
  }

  private void heard() {
    unansweredSinceNanos = 0;
  }

  private void tell(CoordinatorMessage message) {
    if (coordinator != null) {
      coordinator.tell(message);
    }
  }

  private void linkSlot() {
    slot.link(
        new WorkerSlot.Link(
            context.getSystem(),
            coordinator,
            place.name(),
            memberSince == 0 ? Long.MAX_VALUE : memberSince));
  }

  private static Throwable cause(Throwable error) {
    return error instanceof CompletionException && error.getCause() != null
        ? error.getCause()
        : error;
  }

  private static String message(Throwable error) {
    return TrainingLoop.message(cause(error));
  }

  /** Tells the actor what happens on the native thread. */
  private record Told(ActorRef<WorkerCommand> self, long generation)
      implements TrainingLoop.Listener {
    @Override
    public void joined(SyncReport sync) {
      self.tell(new Synced(generation, sync));
    }

    @Override
    public void firstStep(StepReport report) {
      self.tell(new FirstStep(generation, report.step() + 1, report.loss(), report.seconds()));
    }

    @Override
    public void notFinite(StepReport report) {
      self.tell(new NotFinite(generation, report));
    }

    @Override
    public void checkpointed(long committedSteps) {
      self.tell(new Checkpointed(generation, committedSteps));
    }
  }
}
