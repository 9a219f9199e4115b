package dev.troupe.actors.protocol;

import dev.troupe.actors.Answer;
import dev.troupe.actors.CborSerializable;
import dev.troupe.actors.RunResult;
import dev.troupe.actors.RunStatus;
import dev.troupe.actors.task.Activity;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;

/** What nodes, workers and commands tell the coordinator. */
public sealed interface CoordinatorMessage extends CoordinatorCommand, CborSerializable {

  /** A node answers {@link NodeMessage.Announce}: who it is and how many workers it has. */
  record Hello(long term, String address, String nodeName, int workers, ActorRef<NodeCommand> node)
      implements CoordinatorMessage {}

  /** A node answers {@link NodeMessage.Announce} of a coordinator that has been superseded. */
  record Outranked(long term) implements CoordinatorMessage {}

  /** A worker says all about itself: at its start, to a new coordinator, and when it is ready. */
  record Register(WorkerCard worker, ActorRef<WorkerCommand> ref) implements CoordinatorMessage {}

  /** A worker trains; sent from time to time, and by rank 0 after a generation's first step. */
  record Progress(
      String worker,
      long generation,
      long committedSteps,
      double loss,
      double stepSeconds,
      double ownSeconds,
      Activity activity)
      implements CoordinatorMessage {}

  /** A worker is there: it answers {@link WorkerMessage.Probe} or {@link WorkerMessage.Regroup}. */
  record Alive(String worker, long generation, long round, Activity activity, long stillMillis)
      implements CoordinatorMessage {}

  /**
   * A worker is in no generation and could host the next one's rendezvous. Repeated until it is
   * told what to do.
   */
  record Idle(
      String worker,
      long generation,
      Exit exit,
      long committedSteps,
      String rendezvous,
      String cause,
      int suspectRank)
      implements CoordinatorMessage {}

  /** A worker joined the generation and trains. */
  record Joined(
      String worker,
      long generation,
      long committedSteps,
      double connectSeconds,
      double transferSeconds)
      implements CoordinatorMessage {}

  /** A worker's group stands still: neither a step nor progress for longer than usual. */
  record Stalled(String worker, long generation, Activity activity, long stillMillis)
      implements CoordinatorMessage {}

  /** A step was not committed because of gradients that were not finite, here or elsewhere. */
  record NotFinite(String worker, long generation, long step, boolean here)
      implements CoordinatorMessage {}

  /** A worker took its part of a checkpoint that was wished for. */
  record Checkpointed(String worker, long generation, long committedSteps)
      implements CoordinatorMessage {}

  /** A worker's task failed by its own fault; a fresh one is being made. */
  record Faulted(String worker, long generation, String reason) implements CoordinatorMessage {}

  /** A worker found that the run cannot go on. */
  record Hopeless(String worker, String reason) implements CoordinatorMessage {}

  /**
   * A worker closed its task after {@link WorkerMessage.RunOver} or {@link WorkerMessage.Release}.
   */
  record Closed(String worker) implements CoordinatorMessage {}

  /** May this worker commit what was made in this generation? */
  record MayCommit(String worker, long generation, ActorRef<Verdict> replyTo)
      implements CoordinatorMessage {}

  /** Answer to {@link MayCommit}. */
  record Verdict(boolean yes) implements CborSerializable {}

  /** How is the run? */
  record AskStatus(ActorRef<RunStatus> replyTo) implements CoordinatorMessage {}

  /** Lets a worker, a node's workers or a rank leave politely. */
  record AskDrain(String who, ActorRef<Answer> replyTo) implements CoordinatorMessage {}

  /** Takes a checkpoint after the step in flight. */
  record AskCheckpoint(ActorRef<Answer> replyTo) implements CoordinatorMessage {}

  /** Takes a checkpoint after the step in flight and ends the run. */
  record AskStop(String reason, ActorRef<Answer> replyTo) implements CoordinatorMessage {}

  /**
   * All that a worker says about itself.
   *
   * @param name {@code HOST:PORT/INDEX}
   * @param address its node, {@code HOST:PORT}
   * @param nodeName the name under which failures of its node are counted
   * @param pid process id
   * @param phase where it is in its life
   * @param draining whether it was asked to leave
   * @param facts what must be equal on every worker; empty while it warms up
   * @param generation generation it is in or was last in as a member; 0 for a newcomer
   * @param rank its rank there
   * @param worldSize members of that generation
   * @param memberSince first generation of its unbroken membership
   * @param committedSteps steps committed by its own task; -1 without state
   * @param runSteps highest number of committed steps it heard of
   * @param memory what the coordinator must not forget
   * @param over how the run ended for it, if it did
   */
  record WorkerCard(
      String name,
      String address,
      String nodeName,
      long pid,
      Phase phase,
      boolean draining,
      Map<String, String> facts,
      long generation,
      int rank,
      int worldSize,
      long memberSince,
      long committedSteps,
      long runSteps,
      RunMemory memory,
      RunResult over) {

    /** The same with equal facts that others refer to as well. */
    public WorkerCard sharing(Map<String, String> equalFacts) {
      return new WorkerCard(
          name,
          address,
          nodeName,
          pid,
          phase,
          draining,
          equalFacts,
          generation,
          rank,
          worldSize,
          memberSince,
          committedSteps,
          runSteps,
          memory,
          over);
    }
  }
}
