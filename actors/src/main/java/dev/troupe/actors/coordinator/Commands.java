package dev.troupe.actors.coordinator;

import static dev.troupe.actors.RunStatus.State.AWAITING_WORKERS;
import static dev.troupe.actors.RunStatus.State.ENDING;

import dev.troupe.actors.Answer;
import dev.troupe.actors.protocol.CoordinatorMessage.AskCheckpoint;
import dev.troupe.actors.protocol.CoordinatorMessage.AskDrain;
import dev.troupe.actors.protocol.CoordinatorMessage.AskStop;
import dev.troupe.actors.protocol.WorkerMessage;
import java.util.ArrayList;
import java.util.List;

/** What people ask of the run from outside: drain, checkpoint, stop. */
final class Commands {
  private static final int LISTED = 20;

  private final Run run;
  private final Checkpoints checkpoints;

  Commands(Run run, Checkpoints checkpoints) {
    this.run = run;
    this.checkpoints = checkpoints;
  }

  void drain(AskDrain ask) {
    List<Member> asked = new ArrayList<>(run.roster.on(ask.who()));
    Member named = run.roster.get(ask.who());
    if (named == null && ask.who().matches("\\d{1,9}")) {
      named = run.roster.get(run.team().name(Integer.parseInt(ask.who())));
    }
    if (named != null) {
      asked.add(named);
    }
    if (asked.isEmpty()) {
      String expected = "one of " + names(run.roster.all()) + ", or a rank";
      ask.replyTo()
          .tell(new Answer(false, "worker: " + ask.who() + " (expected: " + expected + ")"));
      return;
    }
    for (Member member : asked) {
      member.askedToLeave();
      member.tell(new WorkerMessage.PleaseLeave(run.term));
    }
    ask.replyTo().tell(new Answer(true, names(asked) + " leaves after the step in flight"));
  }

  private static String names(Iterable<Member> members) {
    List<String> names = new ArrayList<>();
    members.forEach(member -> names.add(member.name));
    return Names.listed(", ", names, LISTED);
  }

  void checkpoint(AskCheckpoint ask) {
    if (run.is(ENDING) || run.is(AWAITING_WORKERS)) {
      ask.replyTo().tell(new Answer(false, "no step is in flight: " + run.note()));
    } else {
      checkpoints.ask(ask.replyTo());
    }
  }

  void stop(AskStop ask) {
    if (run.over == null && run.stopReason == null) {
      run.stopReason = ask.reason();
    }
    ask.replyTo()
        .tell(new Answer(true, "the run takes a checkpoint after the step in flight and stops"));
  }
}
