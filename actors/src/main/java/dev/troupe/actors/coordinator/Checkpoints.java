package dev.troupe.actors.coordinator;

import dev.troupe.actors.Answer;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/** Checkpoints that are due by time or were asked for from outside. */
final class Checkpoints {
  private final List<ActorRef<Answer>> askers = new ArrayList<>();
  private boolean due;

  void setDue() {
    due = true;
  }

  void ask(ActorRef<Answer> replyTo) {
    askers.add(replyTo);
  }

  boolean areWanted() {
    return due || !askers.isEmpty();
  }

  String why() {
    return due ? "every so often" : "asked for";
  }

  void taken(long committedSteps) {
    due = false;
    answer(new Answer(true, "checkpoint of step " + committedSteps + " taken"));
  }

  void answer(Answer answer) {
    askers.forEach(replyTo -> replyTo.tell(answer));
    askers.clear();
  }
}
