package dev.troupe.actors.coordinator;

import static dev.troupe.actors.RunStatus.State.AWAITING_WORKERS;
import static dev.troupe.actors.RunStatus.State.JOINING;

import dev.troupe.actors.RunResult.Outcome;
import dev.troupe.actors.coordinator.Lineup.Candidate;
import dev.troupe.actors.protocol.Exit;
import dev.troupe.actors.protocol.WorkerMessage;
import dev.troupe.actors.task.Wish;
import java.util.ArrayList;
import java.util.List;

/** Forms the next generation of those who are ready, as soon as there are enough. */
final class Formation {
  private static final int LISTED = 8;

  private final Run run;
  private final Authority authority;
  private final Doorkeeper doorkeeper;
  private final Losses losses;
  private final Ending ending;
  private long firstReadyNanos;

  Formation(Run run, Authority authority, Doorkeeper doorkeeper, Losses losses, Ending ending) {
    this.run = run;
    this.authority = authority;
    this.doorkeeper = doorkeeper;
    this.losses = losses;
    this.ending = ending;
  }

  /** Forms it, or says what the run waits for; true if it was formed. */
  boolean formIfPossible() {
    doorkeeper.vet();
    losses.blameFirstToFail();
    if (!authority.isHeld()) {
      run.enter(run.state(), "waits until it sees the majority of the nodes again");
      return false;
    }
    if (awaitsFirstWorkers()) {
      return false;
    }
    boolean stopping = run.stopReason != null;
    Lineup lineup =
        Lineup.of(
            candidates(run, false),
            run.settings.run().minWorkers(),
            run.settings.run().maxWorkers(),
            stopping);
    if (!lineup.waits()) {
      form(lineup);
      return true;
    }
    if (stopping) {
      ending.end(Outcome.STOPPED, run.stopReason);
    } else {
      run.enter(AWAITING_WORKERS, lineup.why());
    }
    return false;
  }

  /**
   * The first generation waits for enough workers, and for those who are about to be ready; later
   * ones do not.
   */
  private boolean awaitsFirstWorkers() {
    if (run.team().generation > 0 || run.stopReason != null) {
      return false;
    }
    int ready = run.roster.count(Trait.WILLING);
    int wanted = run.settings.run().minWorkers();
    if (ready < wanted) {
      run.enter(AWAITING_WORKERS, Lineup.tooFew(ready, wanted));
      return true;
    }
    if (firstReadyNanos == 0) {
      firstReadyNanos = System.nanoTime();
    }
    boolean waits =
        ready < run.settings.run().maxWorkers()
            && run.roster.any(Trait.COMING)
            && Elapsed.millisSince(firstReadyNanos) < run.settings.run().startPatience().toMillis();
    if (waits) {
      run.enter(AWAITING_WORKERS, "waits for workers that are warming up");
    }
    return waits;
  }

  private void form(Lineup lineup) {
    List<Candidate> lined = lineup.members();
    List<String> names = lined.stream().map(Candidate::name).toList();
    boolean holders = lined.stream().anyMatch(Candidate::holdsState);
    boolean restore = !holders && (run.steps > 0 || run.team().generation > 0);
    Team former = run.team();
    Team next = new Team(Math.max(former.generation, highestGeneration()) + 1, names);
    String rendezvous = run.roster.get(names.get(0)).idle.rendezvous();
    List<String> entered = new ArrayList<>();
    List<Member> members = new ArrayList<>();
    run.follow(next);
    WorkerMessage.Form form =
        new WorkerMessage.Form(
            run.term,
            next.generation,
            0,
            names.size(),
            rendezvous,
            false,
            restore,
            lineup.first(),
            run.quarantine.memory(run.barrenGenerations));
    for (int rank = 0; rank < names.size(); rank++) {
      Member member = run.roster.get(names.get(rank));
      if (!former.has(member.name)) {
        entered.add(member.name);
      }
      member.toldToJoin(form.at(rank, holders && !member.holdsState(), form.memory()));
      members.add(member);
    }
    run.nodes.tellToJoin(members);
    run.incidents.formed(next.generation, entered, names.size(), System.currentTimeMillis());
    Run.log.info(
        "generation {}: {} workers{}{}",
        next.generation,
        names.size(),
        entered.isEmpty() ? "" : ", new: " + Names.listed(", ", entered, LISTED),
        lineup.first() == Wish.STOP ? ", to take a checkpoint and stop" : "");
    run.nodes.forgetSilence();
    run.enter(JOINING, "");
  }

  private long highestGeneration() {
    long highest = 0;
    for (Member member : run.roster.all()) {
      highest = Math.max(highest, member.card.generation());
    }
    return highest;
  }

  /**
   * All who are ready.
   *
   * @param andMembers also the running group's members, as if it had paused
   */
  static List<Candidate> candidates(Run run, boolean andMembers) {
    List<Candidate> found = new ArrayList<>();
    for (Member member : run.roster.all()) {
      boolean running = andMembers && member.has(Trait.MEMBER);
      if (!member.released && !member.closed && (member.has(Trait.READY) || running)) {
        found.add(
            new Candidate(
                member.name,
                member.since > 0 ? run.team().rank(member.name) : -1,
                member.order,
                member.holdsState(),
                member.leaves(),
                member.idle != null && member.since > 0 && member.idle.exit() == Exit.FINISHED));
      }
    }
    return found;
  }
}
