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

/** What the coordinator knows of one worker. */
final class Member {
  final String name;
  final String address;
  final long order;
  ActorRef<WorkerCommand> ref;
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

  String note = "";

  Member(WorkerCard card, ActorRef<WorkerCommand> ref, long order) {
    this.name = card.name();
    this.address = card.address();
    this.order = order;
    this.card = card;
    this.ref = ref;
    this.phase = card.phase();
  }

  void tell(WorkerMessage message) {
    ref.tell(message);
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
}
