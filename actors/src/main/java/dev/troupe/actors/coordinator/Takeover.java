package dev.troupe.actors.coordinator;

import static dev.troupe.actors.RunStatus.State.AWAITING_WORKERS;
import static dev.troupe.actors.RunStatus.State.ENDING;
import static dev.troupe.actors.RunStatus.State.JOINING;
import static dev.troupe.actors.RunStatus.State.PAUSING;
import static dev.troupe.actors.RunStatus.State.RECOVERING;
import static dev.troupe.actors.RunStatus.State.TRAINING;

import dev.troupe.actors.protocol.CoordinatorMessage.WorkerCard;
import dev.troupe.actors.protocol.Phase;
import java.util.List;

/**
 * A new coordinator learns from the workers' registrations what runs, and adopts it as it is. The
 * first of a run does the same and finds nothing.
 */
final class Takeover {
  private final Run run;
  private final Losses losses;
  private final Ending ending;

  Takeover(Run run, Losses losses, Ending ending) {
    this.run = run;
    this.losses = losses;
    this.ending = ending;
  }

  /** Waits for those that can be reached, then acts on what they said. */
  void proceed() {
    boolean windowOver = run.millisInState() >= run.liveness.recoveryWindow().toMillis();
    if (windowOver || run.nodes.allRegistered(run.term, run.roster)) {
      adoptRun();
    }
  }

  private void adoptRun() {
    learn();
    for (Member member : List.copyOf(run.roster.all())) {
      if (member.since > 0 && !member.has(Trait.MEMBER)) {
        losses.evict(member, "its generation " + member.card.generation() + " is over");
      }
    }
    if (run.over != null) {
      ending.end(run.over);
    } else if (run.team().generation == 0) {
      run.enter(AWAITING_WORKERS, "");
    } else {
      adoptGeneration();
    }
  }

  private void learn() {
    WorkerCard newest = null;
    for (Member member : run.roster.all()) {
      WorkerCard card = member.card;
      run.quarantine.remember(card.memory());
      run.steps = Math.max(run.steps, card.runSteps());
      if (card.over() != null && Ending.isOfRun(card.over())) {
        run.over = card.over();
      }
      if (member.since > 0 && (newest == null || card.generation() > newest.generation())) {
        newest = card;
      }
    }
    if (newest == null) {
      return;
    }
    Team team = Team.ofUnknown(newest.generation(), newest.worldSize());
    for (Member member : run.roster.all()) {
      if (member.since > 0 && member.card.generation() == team.generation) {
        team.set(member.card.rank(), member.name);
        run.admission.accept(member.card.facts());
        run.barrenGenerations =
            Math.max(run.barrenGenerations, member.card.memory().barrenGenerations());
      }
    }
    team.committed = true;
    run.follow(team);
  }

  private void adoptGeneration() {
    List<Member> members = run.roster.with(Trait.MEMBER);
    for (Member member : members) {
      member.adopted(member.since, member.phase == Phase.TRAINING);
    }
    Run.log.info(
        "adopted generation {}: {} of {} members registered, {} steps committed",
        run.team().generation,
        members.size(),
        run.team().size(),
        run.steps);
    if (run.roster.any(Trait.BROKEN)) {
      losses.regroup("its coordinator and part of the group were lost");
    } else if (run.roster.any(Trait.OUT)) {
      run.enter(PAUSING, "");
    } else if (members.stream().anyMatch(member -> member.phase == Phase.SYNCING)) {
      run.enter(JOINING, "");
    } else {
      run.enter(TRAINING, "");
    }
  }

  /** Where a worker that was unknown until now stands. */
  void settle(Member member) {
    WorkerCard card = member.card;
    if (card.memberSince() == 0) {
      return;
    }
    if (run.is(RECOVERING)) {
      member.adopted(card.memberSince(), false);
      return;
    }
    boolean lateMember =
        card.generation() == run.team().generation
            && card.worldSize() == run.team().size()
            && !run.is(ENDING)
            && !run.team().has(card.name());
    if (lateMember) {
      run.seat(card.rank(), member);
      member.adopted(card.memberSince(), card.phase() == Phase.TRAINING);
    } else {
      losses.evict(member, "generation " + card.generation() + " is over");
    }
  }
}
