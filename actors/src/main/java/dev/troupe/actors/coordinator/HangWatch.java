package dev.troupe.actors.coordinator;

import static dev.troupe.actors.RunStatus.State.JOINING;
import static dev.troupe.actors.RunStatus.State.PAUSING;
import static dev.troupe.actors.RunStatus.State.REGROUPING;
import static dev.troupe.actors.RunStatus.State.TRAINING;

import dev.troupe.actors.task.Activity;
import java.util.List;
import java.util.Locale;

/**
 * Finds out why a group stands still, or does not come out of a generation that is over, and leaves
 * out who is to blame. Deadlines are looked at with the coordinator's clock, not with each message.
 */
final class HangWatch {
  private final Run run;
  private final RollCall rollCall;
  private final Losses losses;
  private boolean inquiring;

  HangWatch(Run run, RollCall rollCall, Losses losses) {
    this.run = run;
    this.rollCall = rollCall;
    this.losses = losses;
  }

  /** Whether a group that stands still is being looked into. */
  boolean isInquiring() {
    return inquiring;
  }

  /** Something stands still: asks around, unless that is being done. */
  void wake() {
    if (!inquiring && groupRuns()) {
      inquiring = true;
      rollCall.begin();
      rollCall.inquire();
    }
  }

  void rest() {
    inquiring = false;
  }

  /** Time went by. */
  void look() {
    inquiring &= groupRuns();
    if (run.is(REGROUPING)) {
      lookAtStragglers();
    } else if (inquiring) {
      inquire();
    }
  }

  private boolean groupRuns() {
    return run.is(TRAINING) || run.is(PAUSING) || run.is(JOINING);
  }

  /** Who neither became idle nor may take longer for it is left out of the next generation. */
  private void lookAtStragglers() {
    long now = System.nanoTime();
    long hang = hangMillis();
    boolean pending = false;
    for (Member member : run.roster.with(Trait.BUSY)) {
      boolean answered = rollCall.hasAnswered(member);
      if (rollCall.givesUpOn(member, now)) {
        run.nodes.silent(member.address);
        losses.failed(member, "answers nothing since " + member.silentMillis(now) + " ms");
      } else if (answered && member.stillMillis(now) >= patience(member, hang)) {
        losses.failed(member, "hangs " + doing(member, now));
      } else {
        pending = true;
      }
    }
    if (pending) {
      rollCall.regroup();
    }
  }

  private void inquire() {
    long now = System.nanoTime();
    long hang = hangMillis();
    List<Member> busy = run.roster.with(Trait.BUSY);
    boolean allAnswered = true;
    for (Member member : busy) {
      if (rollCall.hasAnswered(member)) {
        continue;
      }
      allAnswered = false;
      long quiet = member.silentMillis(now) - run.reports.slack();
      if (quiet >= run.liveness.silenceFloor().toMillis()) {
        run.nodes.silent(member.address);
        losses.failed(member, "hangs: it answers nothing since " + quiet + " ms");
      } else if (quiet >= Math.min(hang, run.liveness.hangFloor().toMillis())) {
        name(member, "hung? It answers nothing since " + Elapsed.seconds(quiet));
      }
    }
    if (allAnswered) {
      judge(busy, hang, now);
    }
    inquiring &= groupRuns();
    if (inquiring) {
      if (allAnswered) {
        rollCall.next();
      }
      rollCall.inquire();
    }
  }

  /** Everybody answers: whoever neither waits for others nor gets on is to blame. */
  private void judge(List<Member> busy, long hang, long now) {
    Inquiry found = Inquiry.of(busy, hang, run.liveness.loadingDeadline().toMillis());
    if (found.getsOn()) {
      rest();
      busy.forEach(member -> member.note = "");
    } else if (found.isDeadlock()) {
      losses.regroup(
          "all ranks wait for each other since " + Elapsed.seconds(busy.get(0).stillMillis));
    }
    for (Member member : found.loading()) {
      name(member, "waits for its input since " + Elapsed.seconds(member.stillMillis));
    }
    for (Member member : found.hung()) {
      losses.failed(member, "hangs " + doing(member, now));
    }
  }

  private static void name(Member member, String what) {
    if (member.note.isEmpty()) {
      Run.log.warn("{}: {}", member.name, what);
    }
    member.note = what;
  }

  private static String doing(Member member, long now) {
    return "("
        + member.activity.name().toLowerCase(Locale.ROOT)
        + ", no progress since "
        + Elapsed.seconds(member.stillMillis(now))
        + ")";
  }

  /** From when on standing still is too long. */
  private long hangMillis() {
    if (run.is(JOINING)) {
      return run.liveness.joinDeadline().toMillis();
    }
    double step =
        StatusReport.median(
            run.roster.with(Trait.MEMBER),
            member -> member.progress == null ? Double.NaN : member.progress.stepSeconds());
    return Double.isNaN(step)
        ? run.liveness.firstStepDeadline().toMillis()
        : Math.max(
            run.liveness.hangFloor().toMillis(), (long) (run.liveness.hangSteps() * step * 1000));
  }

  /** How long a member that answers may take to come out of its generation. */
  private long patience(Member member, long hang) {
    return member.activity == Activity.WAITING || member.activity == Activity.SYNCING
        ? run.liveness.joinDeadline().toMillis()
        : hang;
  }
}
