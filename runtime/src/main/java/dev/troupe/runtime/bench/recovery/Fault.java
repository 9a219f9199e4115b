package dev.troupe.runtime.bench.recovery;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What was done to the cluster and how long the training took to go on. Times in seconds; NaN for
 * what was not seen.
 *
 * @param kind what was done
 * @param target to which node
 * @param rank the target's rank before, -1 for none
 * @param wasCoordinator whether it hosted the coordinator
 * @param step the last committed step before
 * @param toNextCommit from the fault to the next commit of the group that came of it
 * @param stepTime median time of the steps before
 * @param detect from the last commit to the coordinator's knowledge
 * @param regroup from there to the new generation
 * @param join from there until all its members had connected, state transfer included
 * @param transfer the part of it that went to evening out the state
 * @param redo from there to its first commit
 * @param worldSize ranks of the group that came of it
 */
public record Fault(
    String kind,
    String target,
    int rank,
    @JsonProperty("was_coordinator") boolean wasCoordinator,
    long step,
    @JsonProperty("to_next_commit") double toNextCommit,
    @JsonProperty("step_time") double stepTime,
    double detect,
    double regroup,
    double join,
    double transfer,
    double redo,
    @JsonProperty("world_size") int worldSize) {

  /** What the fault cost beyond a step's own time. */
  @JsonProperty("beyond_step")
  public double beyondStep() {
    return Math.max(0, toNextCommit - stepTime);
  }
}
