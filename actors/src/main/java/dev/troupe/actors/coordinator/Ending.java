package dev.troupe.actors.coordinator;

import static dev.troupe.actors.RunStatus.State.ENDING;

import dev.troupe.actors.Answer;
import dev.troupe.actors.RunResult;
import dev.troupe.actors.RunResult.Outcome;
import dev.troupe.actors.protocol.WorkerMessage;

/** The end of the run: all are told, finish their writes, and leave, the coordinator last. */
final class Ending {
  private static final long PATIENCE_MILLIS = 600_000;
  private static final long LAST_LEAVES_MILLIS = 500;

  private final Run run;
  private final Checkpoints checkpoints;
  private long othersLeftNanos;

  Ending(Run run, Checkpoints checkpoints) {
    this.run = run;
    this.checkpoints = checkpoints;
  }

  void end(Outcome outcome, String reason) {
    end(new RunResult(outcome, run.steps, reason));
  }

  void end(RunResult result) {
    run.over = result;
    Run.log.info(
        "the run is over: {} after {} steps {}", result.outcome(), run.steps, result.reason());
    run.nodes.tell(run.roster.all(), new WorkerMessage.RunOver(run.term, result));
    checkpoints.answer(new Answer(false, "the run is over"));
    run.enter(ENDING, result.reason());
  }

  /** Whether a worker that ended so tells of the run's end, not only of its own. */
  static boolean isOfRun(RunResult result) {
    return switch (result.outcome()) {
      case FINISHED, STOPPED, FAILED -> true;
      case DRAINED, REFUSED, DRAIN_TIMED_OUT -> false;
    };
  }

  /** Waits for the workers' last writes, then lets the nodes go. */
  void proceed() {
    if (run.millisInState() < PATIENCE_MILLIS && run.roster.any(Trait.OPEN)) {
      return;
    }
    if (othersLeftNanos == 0) {
      othersLeftNanos = System.nanoTime();
      run.nodes.leave(run.term, run.over);
    }
    if (run.nodes.areAllGone() || Elapsed.millisSince(othersLeftNanos) >= LAST_LEAVES_MILLIS) {
      run.nodes.leaveLast(run.term, run.over);
    }
  }
}
