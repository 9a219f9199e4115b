package dev.troupe.actors.coordinator;

import dev.troupe.actors.RunStatus;
import dev.troupe.actors.RunStatus.Incident;
import dev.troupe.actors.RunStatus.Quarantined;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Writes down how the run is. */
record StatusReport(
    CoordinatorSettings settings,
    String address,
    long term,
    RunStatus.State state,
    String note,
    Team team,
    long runSteps) {

  /** A straggler's own work takes this much longer than the median's, and at least this long. */
  private static final double STRAGGLES = 1.5;

  private static final double STRAGGLES_SECONDS = 0.05;

  RunStatus of(Roster roster, List<Quarantined> quarantined, List<Incident> incidents) {
    List<Member> members = new ArrayList<>(roster.all());
    members.sort(
        Comparator.comparing((Member m) -> rank(m) < 0 ? Integer.MAX_VALUE : rank(m))
            .thenComparing(m -> m.order));
    double own = median(members, StatusReport::ownSeconds);
    double step = median(members, StatusReport::stepSeconds);
    Member host = roster.get(team.host());
    return new RunStatus(
        settings.runName(),
        state,
        note,
        address,
        term,
        team.generation,
        runSteps,
        host == null || host.progress == null ? Double.NaN : host.progress.loss(),
        step,
        settings.run().samplesPerStep() / step,
        members.stream().map(member -> worker(member, own)).toList(),
        quarantined,
        incidents);
  }

  private RunStatus.Worker worker(Member member, double medianOwn) {
    double own = ownSeconds(member);
    boolean straggler = own > STRAGGLES * medianOwn && own - medianOwn > STRAGGLES_SECONDS;
    return new RunStatus.Worker(
        member.name,
        member.card.pid(),
        stateOf(member),
        rank(member),
        member.progress != null ? member.progress.committedSteps() : member.card.committedSteps(),
        stepSeconds(member),
        own,
        straggler,
        member.banned.isEmpty() ? member.note : member.banned);
  }

  private String stateOf(Member member) {
    if (member.phase != dev.troupe.actors.protocol.Phase.LEAVING && member.draining) {
      return "draining";
    }
    if (member.phase == dev.troupe.actors.protocol.Phase.IDLE && rank(member) < 0) {
      return "spare";
    }
    return member.phase.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private int rank(Member member) {
    return member.since > 0 ? team.rank(member.name) : -1;
  }

  private static double ownSeconds(Member member) {
    return member.progress == null ? Double.NaN : member.progress.ownSeconds();
  }

  private static double stepSeconds(Member member) {
    return member.progress == null ? Double.NaN : member.progress.stepSeconds();
  }

  /** The median of what is known; NaN if nothing is. */
  static double median(Collection<Member> members, ToDoubleFunction<Member> of) {
    double[] known =
        members.stream().mapToDouble(of).filter(v -> !Double.isNaN(v)).sorted().toArray();
    return known.length == 0 ? Double.NaN : known[known.length / 2];
  }
}
