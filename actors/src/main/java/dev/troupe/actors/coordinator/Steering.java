package dev.troupe.actors.coordinator;

import static dev.troupe.actors.RunStatus.State.PAUSING;

import dev.troupe.actors.protocol.WorkerMessage;
import dev.troupe.actors.task.Wish;
import java.util.ArrayList;
import java.util.List;

/** What the running group is asked to do after its step, so that a change loses nothing. */
final class Steering {
  private static final long RESTATE_MILLIS = 1000;
  private static final int LISTED = 8;

  private final Run run;
  private Wish steered = Wish.NONE;
  private long steeredNanos;

  Steering(Run run) {
    this.run = run;
  }

  /** What the group should be asked for; {@link Wish#NONE} if nothing is to change. */
  Wish planned() {
    if (run.stopReason != null) {
      return Wish.STOP;
    }
    if (run.roster.with(Trait.LEAVER).stream().anyMatch(member -> member.has(Trait.MEMBER))) {
      Lineup next =
          Lineup.of(
              Formation.candidates(run, true),
              run.settings.run().minWorkers(),
              run.settings.run().maxWorkers(),
              false);
      return next.first() == Wish.STOP ? Wish.STOP : Wish.PAUSE;
    }
    boolean room = run.roster.count(Trait.MEMBER) < run.settings.run().maxWorkers();
    boolean takesIn = room && run.roster.any(Trait.NEWCOMER);
    return takesIn || run.is(PAUSING) ? Wish.PAUSE : Wish.NONE;
  }

  /** Why, for people. */
  String cause() {
    if (run.stopReason != null) {
      return run.stopReason;
    }
    List<String> causes = new ArrayList<>();
    for (Member member : run.roster.with(Trait.LEAVER)) {
      if (!member.has(Trait.MEMBER)) {
        continue;
      }
      causes.add(
          member.banned.isEmpty()
              ? member.name + " leaves"
              : member.name + " is left out: " + member.banned);
    }
    for (Member member : run.roster.with(Trait.NEWCOMER)) {
      causes.add(member.name + " joins");
    }
    return Names.listed("; ", causes, LISTED);
  }

  /** Whether the group was not told yet, or so long ago that it may have been lost. */
  boolean isDue() {
    return steered == Wish.NONE || Elapsed.millisSince(steeredNanos) >= RESTATE_MILLIS;
  }

  void steer(Wish wish, String reason) {
    if (wish == Wish.NONE || (wish == steered && !isDue())) {
      return;
    }
    steered = wish;
    steeredNanos = System.nanoTime();
    String why = reason.isEmpty() ? run.note() : reason;
    run.nodes.tell(
        run.roster.with(Trait.MEMBER),
        new WorkerMessage.Steer(run.term, run.team().generation, wish, why));
  }

  /** What the group was asked for is done or no longer wanted. */
  void forget() {
    steered = Wish.NONE;
  }
}
