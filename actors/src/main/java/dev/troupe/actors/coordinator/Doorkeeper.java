package dev.troupe.actors.coordinator;

import static dev.troupe.actors.RunStatus.State.AWAITING_WORKERS;
import static dev.troupe.actors.RunStatus.State.JOINING;
import static dev.troupe.actors.RunStatus.State.PAUSING;
import static dev.troupe.actors.RunStatus.State.RECOVERING;
import static dev.troupe.actors.RunStatus.State.TRAINING;

import dev.troupe.actors.protocol.Exit;
import dev.troupe.actors.protocol.WorkerMessage;
import java.util.List;

/** Who comes in and who goes: compares newcomers with the run, lets leavers go in time. */
final class Doorkeeper {
  private final Run run;

  Doorkeeper(Run run) {
    this.run = run;
  }

  /** Compares those who said what they are with what the run is; refuses who does not fit. */
  void vet() {
    if (run.team().generation == 0 && run.roster.none(Trait.VETTED)) {
      run.admission.forget();
    }
    while (run.roster.any(Trait.UNVETTED)) {
      Member member = run.roster.first(Trait.UNVETTED);
      run.admission.accept(member.card.facts());
      List<String> differences = run.admission.differences(member.card.facts());
      if (differences.isEmpty()) {
        member.vetted();
      } else {
        refuse(member, "it does not fit the run: " + String.join("; ", differences));
      }
    }
  }

  /** Lets those go who may. */
  void releaseLeavers() {
    if (run.over != null || run.is(RECOVERING) || run.roster.none(Trait.LEAVER)) {
      return;
    }
    for (Member member : run.roster.with(Trait.LEAVER)) {
      boolean needed =
          member.has(Trait.BUSY)
              || (member.has(Trait.MEMBER) && (run.is(JOINING) || run.is(PAUSING)));
      if (!needed && (!member.holdsState() || member.idle == null || stateIsElsewhere(member))) {
        letGo(member);
      }
    }
  }

  private boolean stateIsElsewhere(Member leaver) {
    if (leaver.idle.exit() == Exit.STOPPED) {
      return true;
    }
    // Only a running group counts: until it stands, this one may still be needed.
    return run.is(TRAINING) || (run.is(AWAITING_WORKERS) && run.roster.any(Trait.KEEPER));
  }

  private void letGo(Member member) {
    if (member.draining) {
      release(member);
    } else {
      refuse(member, "quarantined: " + member.banned);
    }
  }

  void release(Member member) {
    Run.log.info("{} leaves the run", member.name);
    member.released();
    member.tell(new WorkerMessage.Release(run.term));
  }

  private void refuse(Member member, String reason) {
    Run.log.error("{} is refused: {}", member.name, reason);
    member.tell(new WorkerMessage.Refused(run.term, reason));
    run.roster.remove(member);
  }
}
