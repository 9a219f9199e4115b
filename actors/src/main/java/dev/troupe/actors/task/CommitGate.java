package dev.troupe.actors.task;

/**
 * Asked before anything that others may read as the run's truth becomes visible, above all a
 * checkpoint's manifest. Only a coordinator that sees the majority of the cluster says yes, and
 * only to members of the running generation, so that neither a minority nor a worker that was left
 * behind can commit.
 */
@FunctionalInterface
public interface CommitGate {
  /**
   * Whether what was made in this generation may be committed. Blocks while a new coordinator takes
   * over; any thread but an actor's.
   *
   * @param generation {@link Group#generation} in which the state was committed
   * @return false if this worker has been left behind, or if no coordinator answered in time
   */
  boolean mayCommit(long generation);
}
