package dev.troupe.actors.coordinator;

import dev.troupe.actors.protocol.WorkerMessage;

/**
 * How often workers report: the more there are, the less often each, so that the coordinator hears
 * at most about a thousand reports a second.
 */
final class Reports {
  private static final double MILLIS_PER_WORKER = 1;
  private static final double GROWS_BY = 1.25;

  private final long shortest;
  private long interval;

  Reports(long shortestMillis) {
    this.shortest = shortestMillis;
    this.interval = shortestMillis;
  }

  long intervalMillis() {
    return interval;
  }

  /** By how much longer than usual a worker may be silent that has nothing to say. */
  long slack() {
    return interval - shortest;
  }

  /** Tells all workers if there are many more of them than when they were last told. */
  void adjust(Run run) {
    long wanted = Math.max(shortest, Math.round(run.roster.size() * MILLIS_PER_WORKER));
    if (wanted > interval * GROWS_BY) {
      interval = wanted;
      run.nodes.tell(run.roster.all(), welcome(run));
    }
  }

  WorkerMessage.Welcome welcome(Run run) {
    return new WorkerMessage.Welcome(run.term, run.steps, interval);
  }
}
