package dev.troupe.actors.protocol;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.troupe.actors.CborSerializable;
import dev.troupe.actors.RunResult;
import dev.troupe.actors.task.Wish;

/**
 * What the coordinator tells a worker. Each carries the coordinator's term: a worker ignores those
 * of a coordinator that has been superseded. What is meant for all workers of a node travels once,
 * in {@link NodeMessage.ForWorkers} or {@link NodeMessage.Seats}.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "is")
@JsonSubTypes({
  @JsonSubTypes.Type(value = WorkerMessage.Welcome.class, name = "welcome"),
  @JsonSubTypes.Type(value = WorkerMessage.Refused.class, name = "refused"),
  @JsonSubTypes.Type(value = WorkerMessage.Probe.class, name = "probe"),
  @JsonSubTypes.Type(value = WorkerMessage.Regroup.class, name = "regroup"),
  @JsonSubTypes.Type(value = WorkerMessage.Form.class, name = "form"),
  @JsonSubTypes.Type(value = WorkerMessage.Steer.class, name = "steer"),
  @JsonSubTypes.Type(value = WorkerMessage.Evicted.class, name = "evicted"),
  @JsonSubTypes.Type(value = WorkerMessage.PleaseLeave.class, name = "please-leave"),
  @JsonSubTypes.Type(value = WorkerMessage.Release.class, name = "release"),
  @JsonSubTypes.Type(value = WorkerMessage.RunOver.class, name = "run-over")
})
public sealed interface WorkerMessage extends WorkerCommand, CborSerializable {

  long term();

  /** The worker is known; the run has got so far, and reports are wanted this often. */
  record Welcome(long term, long runSteps, long reportMillis) implements WorkerMessage {}

  /** The worker does not fit the run, or its node is quarantined. */
  record Refused(long term, String reason) implements WorkerMessage {}

  /** Are you there, and what are you doing? */
  record Probe(long term, long round) implements WorkerMessage {}

  /** The generation is over: abort what is in flight and report {@link CoordinatorMessage.Idle}. */
  record Regroup(long term, long generation, long round) implements WorkerMessage {}

  /** A new generation: join it and train. */
  record Form(
      long term,
      long generation,
      int rank,
      int worldSize,
      String rendezvous,
      boolean newcomer,
      boolean restore,
      Wish first,
      RunMemory memory)
      implements WorkerMessage {

    /** The same for another member. */
    public Form at(int otherRank, boolean otherIsNewcomer, RunMemory otherMemory) {
      return new Form(
          term,
          generation,
          otherRank,
          worldSize,
          rendezvous,
          otherIsNewcomer,
          restore,
          first,
          otherMemory);
    }
  }

  /** Put this wish into the group's votes. */
  record Steer(long term, long generation, Wish wish, String reason) implements WorkerMessage {}

  /** The worker is no longer a member: what it holds is stale, it may come back as a newcomer. */
  record Evicted(long term, long generation, String reason) implements WorkerMessage {}

  /** Leave the run politely: somebody asked for it. */
  record PleaseLeave(long term) implements WorkerMessage {}

  /** The worker may leave: finish what is being written and close. */
  record Release(long term) implements WorkerMessage {}

  /** The run is over: finish what is being written and close. */
  record RunOver(long term, RunResult result) implements WorkerMessage {}
}
