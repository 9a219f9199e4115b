package dev.troupe.actors;

import java.util.List;

/**
 * A run as its coordinator sees it.
 *
 * @param run the run's name
 * @param state what the coordinator is doing
 * @param note why, in one sentence; empty if there is nothing to explain
 * @param coordinator node of the coordinator, {@code HOST:PORT}
 * @param term number of this coordinator, growing with each failover
 * @param messages of workers that this coordinator has handled
 * @param generation the running generation; 0 before the first
 * @param committedSteps steps committed, as last reported
 * @param loss of the last reported step; NaN before the first
 * @param stepSeconds median duration of a step lately; NaN if unknown
 * @param samplesPerSecond of the whole group lately; NaN if unknown
 * @param workers members in order of rank, then the others
 * @param quarantined who is refused, and why
 * @param incidents the latest changes of the group, oldest first
 */
public record RunStatus(
    String run,
    State state,
    String note,
    String coordinator,
    long term,
    long messages,
    long generation,
    long committedSteps,
    double loss,
    double stepSeconds,
    double samplesPerSecond,
    List<Worker> workers,
    List<Quarantined> quarantined,
    List<Incident> incidents)
    implements CborSerializable {

  /** What the coordinator is doing. */
  public enum State {
    /** Has just taken over and learns from the workers what runs. */
    RECOVERING,
    /** Fewer workers than min-workers are ready: the run pauses. */
    AWAITING_WORKERS,
    /** Asked the group to pause after its step. */
    PAUSING,
    /** A generation ended; collects who is left. */
    REGROUPING,
    /** Sent out a new generation; its members join. */
    JOINING,
    /** The group trains. */
    TRAINING,
    /** The run is over; processes finish their writes. */
    ENDING
  }

  /**
   * A worker.
   *
   * @param name {@code HOST:PORT/INDEX}
   * @param pid process id on its host
   * @param state warming-up, spare, member, draining, evicted …
   * @param rank its rank; -1 outside the group
   * @param committedSteps steps it reported as committed
   * @param stepSeconds its median step time lately; NaN if unknown
   * @param ownSeconds the part of that which it did not spend waiting for others; NaN if unknown
   * @param straggler whether the others wait for it: its own time is well above the median's
   * @param note what there is to know: hung since when, doing what, why refused; empty if nothing
   */
  public record Worker(
      String name,
      long pid,
      String state,
      int rank,
      long committedSteps,
      double stepSeconds,
      double ownSeconds,
      boolean straggler,
      String note) {}

  /**
   * Someone who is refused.
   *
   * @param node the node's name
   * @param reason why
   * @param atMillis since when, milliseconds since 1970
   */
  public record Quarantined(String node, String reason, long atMillis) {}

  /**
   * A change of the group, with its phases. Times are milliseconds since 1970 on the coordinator's
   * clock; 0 for what has not happened (yet).
   *
   * <p>{@code detected - lastCommit} is detection and the step in flight, {@code formed - detected}
   * regrouping, {@code joined - formed} connecting and state transfer, {@code committed - joined}
   * the first step after it.
   *
   * @param generation the generation that this led to; 0 while it is not formed
   * @param cause what happened, naming who
   * @param planned whether no step was lost by it: a join, a drain
   * @param left workers that left the group by it; of very many the first, and how many more
   * @param entered workers that came in by it, likewise
   * @param lastCommitMillis when the last step before it was committed, as far as was reported
   * @param detectedMillis when the coordinator learned of it
   * @param formedMillis when the new generation was sent out
   * @param joinedMillis when all its members had joined, state transfer included
   * @param committedMillis when its first step was committed
   * @param transferSeconds the longest state transfer among its members
   * @param worldSize members after it
   */
  public record Incident(
      long generation,
      String cause,
      boolean planned,
      List<String> left,
      List<String> entered,
      long lastCommitMillis,
      long detectedMillis,
      long formedMillis,
      long joinedMillis,
      long committedMillis,
      double transferSeconds,
      int worldSize) {}
}
