package dev.troupe.actors.coordinator;

import dev.troupe.actors.protocol.CoordinatorMessage.Idle;
import dev.troupe.actors.protocol.CoordinatorMessage.Progress;
import dev.troupe.actors.protocol.CoordinatorMessage.WorkerCard;
import dev.troupe.actors.protocol.Phase;
import dev.troupe.actors.protocol.WorkerCommand;
import dev.troupe.actors.protocol.WorkerMessage;
import dev.troupe.actors.task.Activity;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * What the coordinator knows of one worker. Others read the fields; what a {@link Trait} depends on
 * changes only through the methods, which keep the roster's sets right.
 */
final class Member {
  final String name;
  final String address;
  final ActorRef<WorkerCommand> ref;
  final long order;
  private final Roster roster;

  /** Its traits as bits, kept by the roster. */
  int traits;

  WorkerCard card;

  /** Whether its facts were found to fit the run's. */
  boolean vetted;

  /**
   * First generation of its unbroken membership; 0 for newcomers and those who were left behind.
   */
  long since;

  Phase phase;
  boolean draining;

  /** Why it is to be left out, though it did not ask to leave; empty if it is not. */
  String banned = "";

  boolean released;
  boolean closed;

  /** What it said when it became idle; null while it is busy. */
  Idle idle;

  /** Whether it said that it joined the running generation. */
  boolean joined;

  Progress progress;
  long heardNanos;

  /** What it was last told to join, in case that was lost. */
  WorkerMessage.Form form;

  /** The last round of questions that it answered, and what it said then. */
  long answeredRound;

  Activity activity = Activity.IDLE;
  long stillMillis;
  long stillAtNanos;

  /** What there is to know of it, for people. */
  String note = "";

  Member(Roster roster, WorkerCard card, ActorRef<WorkerCommand> ref, long order) {
    this.roster = roster;
    this.name = card.name();
    this.address = card.address();
    this.order = order;
    this.card = card;
    this.ref = ref;
    this.phase = card.phase();
  }

  // ---- what happens to it ----

  /** It says all about itself. */
  void registers(WorkerCard own, boolean fits) {
    card = own;
    vetted &= fits;
    draining |= own.draining();
    if (own.phase() == Phase.WARMING_UP) {
      idle = null;
    }
    phase = own.phase();
    closed = own.phase() == Phase.ENDED;
    changed();
  }

  /** It was a member before this coordinator knew it. */
  void adopted(long memberSince, boolean connected) {
    since = memberSince;
    joined = connected;
    changed();
  }

  void vetted() {
    vetted = true;
    changed();
  }

  void toldToJoin(WorkerMessage.Form order) {
    since = holdsState() ? since : order.generation();
    idle = null;
    joined = false;
    progress = null;
    phase = Phase.SYNCING;
    note = "";
    stillMillis = 0;
    stillAtNanos = System.nanoTime();
    form = order;
    changed();
  }

  void joins() {
    joined = true;
    phase = Phase.TRAINING;
    changed();
  }

  void becomesIdle(Idle message) {
    idle = message;
    phase = Phase.IDLE;
    changed();
  }

  /** What it holds no longer counts. */
  void losesMembership() {
    since = 0;
    changed();
  }

  void evicted() {
    since = 0;
    idle = null;
    joined = false;
    changed();
  }

  /** Its task failed by its own fault, a fresh one is being made. */
  void startsAnew() {
    since = 0;
    idle = null;
    vetted = false;
    phase = Phase.WARMING_UP;
    changed();
  }

  void askedToLeave() {
    draining = true;
    changed();
  }

  void banned(String reason) {
    banned = reason;
    changed();
  }

  void released() {
    released = true;
    idle = null;
    phase = Phase.LEAVING;
    changed();
  }

  void closes() {
    closed = true;
    changed();
  }

  /** It said how it gets on; no trait depends on that. */
  void stands(Activity now, long still) {
    activity = now;
    stillMillis = still;
    stillAtNanos = System.nanoTime();
  }

  private void changed() {
    roster.recount(this);
  }

  // ---- what it is ----

  boolean has(Trait trait) {
    return (traits & 1 << trait.ordinal()) != 0;
  }

  boolean leaves() {
    return draining || !banned.isEmpty();
  }

  boolean isReady() {
    return idle != null && vetted && !released && !closed;
  }

  boolean holdsState() {
    return since > 0;
  }

  long silentMillis(long nowNanos) {
    return TimeUnit.NANOSECONDS.toMillis(nowNanos - heardNanos);
  }

  /** How long it has stood still, as far as it said. */
  long stillMillis(long nowNanos) {
    return stillMillis + TimeUnit.NANOSECONDS.toMillis(nowNanos - stillAtNanos);
  }

  void tell(WorkerMessage message) {
    ref.tell(message);
  }
}
