package dev.troupe.actors.coordinator;

import static dev.troupe.actors.RunStatus.State.AWAITING_WORKERS;
import static dev.troupe.actors.RunStatus.State.ENDING;
import static dev.troupe.actors.RunStatus.State.JOINING;
import static dev.troupe.actors.RunStatus.State.RECOVERING;
import static dev.troupe.actors.RunStatus.State.REGROUPING;

import dev.troupe.actors.RunResult.Outcome;
import dev.troupe.actors.protocol.WorkerMessage;
import java.util.ArrayList;
import java.util.List;

/**
 * What ends a generation by force: a group that broke, a worker that is gone, failed or is left
 * out. Each counts against its node.
 */
final class Losses {
  private final Run run;
  private final RollCall rollCall;
  private final Ending ending;

  /** Who reported first that the generation could not be joined; null once somebody left it. */
  private Member firstToFail;

  Losses(Run run, RollCall rollCall, Ending ending) {
    this.run = run;
    this.rollCall = rollCall;
    this.ending = ending;
  }

  /** A member says that its group broke. */
  void groupBroke(Member member) {
    firstToFail = run.is(JOINING) ? member : null;
    regroup(member.name + " reports: " + member.idle.cause());
  }

  /** A generation that failed though nobody left it was failed by whoever failed first. */
  void blameFirstToFail() {
    if (firstToFail != null && firstToFail.has(Trait.OUT)) {
      countFailure(firstToFail, "joins no group: " + firstToFail.idle.cause());
    }
    firstToFail = null;
  }

  /** The generation is over: whoever is still in it aborts. */
  void regroup(String cause) {
    run.incidents.detected(cause, false, run.lastCommitMillis, System.currentTimeMillis());
    Run.log.warn("generation {} is over: {}", run.team().generation, cause);
    run.barrenGenerations = run.team().committed ? 0 : run.barrenGenerations + 1;
    if (run.barrenGenerations >= run.settings.run().maxGenerationsWithoutCommit()) {
      ending.end(
          Outcome.FAILED,
          run.barrenGenerations
              + " generations in a row committed no step; the last ended because "
              + cause);
      return;
    }
    run.team().committed = false;
    run.enter(REGROUPING, cause);
    rollCall.begin();
    rollCall.regroup();
  }

  /** A member is left out because of what it did or did not do. */
  void failed(Member member, String what) {
    Run.log.warn("{} is left out: it {}", member.name, what);
    evict(member, "it " + what);
    member.note = "left out: it " + what;
    countFailure(member, what);
    lost(List.of(member.name), member.name + " " + what);
  }

  /** What a worker holds no longer counts; it may come back as a newcomer. */
  void evict(Member member, String reason) {
    firstToFail = null;
    member.evicted();
    member.tell(
        new WorkerMessage.Evicted(
            run.term, Math.max(run.team().generation, member.card.generation()), reason));
  }

  /** A worker's process or actor is no more. */
  void gone(Member member, String what) {
    gone(List.of(member), member.name, what);
  }

  /** A node is no more, and all its workers: one failure of that node. */
  void nodeGone(String address, String what) {
    List<Member> there = run.roster.on(address);
    gone(
        there,
        there.size() == 1 ? there.get(0).name : address + " with its " + there.size() + " workers",
        what);
  }

  private void gone(List<Member> some, String who, String what) {
    Member active = null;
    List<String> lost = new ArrayList<>();
    boolean unexpected = false;
    for (Member member : some) {
      boolean was = member.has(Trait.MEMBER);
      run.roster.remove(member);
      run.poison.forget(member.name);
      if (!member.released && !member.closed && run.over == null) {
        unexpected = true;
        active = was ? member : active;
        if (was) {
          lost.add(member.name);
        }
      }
    }
    if (unexpected) {
      Run.log.warn("{} is gone: {}", who, what);
    }
    if (active != null) {
      firstToFail = null;
      countFailure(active, what);
      lost(lost, who + " is gone: " + what);
    }
  }

  /** A worker's task failed by its own fault; a fresh one is being made. */
  void faulted(Member member, String reason) {
    boolean active = member.has(Trait.MEMBER);
    Run.log.error("{} failed: {}", member.name, reason);
    member.startsAnew();
    countFailure(member, reason);
    if (!active) {
      return;
    }
    run.team().faulted(member.name);
    if (run.team().allFaulted()) {
      ending.end(Outcome.FAILED, "every worker failed, the last: " + reason);
    } else {
      lost(List.of(member.name), member.name + " failed: " + reason);
    }
  }

  private void lost(List<String> names, String cause) {
    if (run.is(REGROUPING) || run.is(RECOVERING) || run.is(AWAITING_WORKERS)) {
      run.incidents.because(cause);
    } else if (!run.is(ENDING)) {
      regroup(cause);
    }
    names.forEach(run.incidents::left);
  }

  private void countFailure(Member member, String what) {
    String node = member.card.nodeName();
    run.quarantine
        .failed(node, what, System.currentTimeMillis())
        .ifPresent(
            reason -> {
              Run.log.error("node {} is quarantined: {}", node, reason);
              for (Member other : run.roster.all()) {
                if (other.card.nodeName().equals(node)) {
                  other.banned(reason);
                }
              }
            });
  }
}
