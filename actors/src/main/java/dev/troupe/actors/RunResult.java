package dev.troupe.actors;

/**
 * How a run ended for this process.
 *
 * @param outcome what happened
 * @param steps committed steps known here
 * @param reason one sentence for the user; empty if there is nothing to explain
 */
public record RunResult(Outcome outcome, long steps, String reason) {

  /** What happened, with the exit code that says so. */
  public enum Outcome {
    /** All steps are trained. */
    FINISHED(0),
    /** Asked to stop: a checkpoint was taken. */
    STOPPED(0),
    /** This node left politely; the run goes on elsewhere. */
    DRAINED(0),
    /** The run cannot go on, or this node's part of it. */
    FAILED(1),
    /** This node does not fit the run, or is quarantined. */
    REFUSED(2),
    /** Leaving took longer than allowed; the others repair what it broke. */
    DRAIN_TIMED_OUT(3);

    private final int exitCode;

    Outcome(int exitCode) {
      this.exitCode = exitCode;
    }

    public int exitCode() {
      return exitCode;
    }
  }

  public int exitCode() {
    return outcome.exitCode();
  }
}
