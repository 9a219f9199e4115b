package dev.troupe.actors.worker;

import dev.troupe.actors.protocol.Exit;
import dev.troupe.actors.task.Group;
import dev.troupe.actors.task.GroupFailure;
import dev.troupe.actors.task.StepReport;
import dev.troupe.actors.task.SyncReport;
import dev.troupe.actors.task.Wish;
import dev.troupe.actors.task.WorkerTask;

/**
 * One generation on a worker's native thread: join, then step after step until the group pauses,
 * stops, finishes or breaks. Steps do not wait for messages; wishes are read from a box, and what
 * happens is told without waiting.
 */
final class TrainingLoop {

  /** Told from the native thread; must not block. */
  interface Listener {
    void joined(SyncReport sync);

    void firstStep(StepReport report);

    void notFinite(StepReport report);

    void checkpointed(long committedSteps);
  }

  /**
   * Why the loop ended, and what the next generation may need of this worker.
   *
   * @param rendezvous address on which this worker could host the next one
   */
  record End(Exit exit, long committedSteps, String rendezvous, String cause, int suspectRank) {}

  private final WorkerTask task;
  private final WishBox wishes;
  private final Pace pace;
  private final Listener listener;

  TrainingLoop(WorkerTask task, WishBox wishes, Pace pace, Listener listener) {
    this.task = task;
    this.wishes = wishes;
    this.pace = pace;
    this.listener = listener;
  }

  /**
   * @param restore whether to load the newest checkpoint first, since nobody holds the run's state
   * @param first {@link Wish#STOP} to take a checkpoint and stop at once, without a step
   */
  End run(Group group, boolean restore, Wish first) {
    try {
      if (restore) {
        task.restore();
      }
      SyncReport sync = task.join(group);
      pace.restart(sync.committedSteps());
      listener.joined(sync);
      if (first == Wish.STOP) {
        task.checkpoint(wishes.reason());
        return end(Exit.STOPPED);
      }
      return steps();
    } catch (GroupFailure e) {
      return new End(
          Exit.BROKEN, task.committedSteps(), task.openRendezvous(), message(e), e.suspect());
    }
  }

  private End steps() throws GroupFailure {
    for (boolean first = true; ; first = false) {
      StepReport report = task.step(wishes.strongest());
      pace.stepped(report, task.committedSteps());
      if (first) {
        listener.firstStep(report);
      }
      if (!report.committed() && !report.finished()) {
        listener.notFinite(report);
      }
      if (report.finished()) {
        return end(Exit.FINISHED);
      }
      switch (report.wish()) {
        case CHECKPOINT -> {
          task.checkpoint(wishes.reason());
          wishes.checkpointDone();
          listener.checkpointed(task.committedSteps());
        }
        case STOP -> {
          task.checkpoint(wishes.reason());
          return end(Exit.STOPPED);
        }
        case PAUSE -> {
          return end(Exit.PAUSED);
        }
        case NONE -> {}
      }
    }
  }

  private End end(Exit exit) {
    return new End(exit, task.committedSteps(), task.openRendezvous(), "", -1);
  }

  /** The error's message with those of its causes. */
  static String message(Throwable error) {
    StringBuilder text = new StringBuilder();
    for (Throwable e = error; e != null; e = e.getCause()) {
      String own = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      if (text.indexOf(own) < 0) {
        text.append(text.isEmpty() ? "" : ": ").append(own);
      }
    }
    return text.toString();
  }
}
