package dev.troupe.actors.coordinator;

import dev.troupe.actors.RunStatus;
import dev.troupe.actors.protocol.Phase;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Writes down how the run is. */
final class StatusReport {

  /** A straggler's own work takes this much longer than the median's, and at least this long. */
  private static final double STRAGGLES = 1.5;

  private static final double STRAGGLES_SECONDS = 0.05;

  private StatusReport() {}

  static RunStatus of(Run run) {
    List<Member> members = new ArrayList<>(run.roster.all());
    members.sort(
        Comparator.comparing((Member m) -> rank(run, m) < 0 ? Integer.MAX_VALUE : rank(run, m))
            .thenComparing(m -> m.order));
    double own = median(members, StatusReport::ownSeconds);
    double step = median(members, StatusReport::stepSeconds);
    Member host = run.roster.get(run.team().name(0));
    return new RunStatus(
        run.settings.runName(),
        run.state(),
        run.note(),
        run.nodes.own(),
        run.term,
        run.messages,
        run.team().generation,
        run.steps,
        host == null || host.progress == null ? Double.NaN : host.progress.loss(),
        step,
        run.settings.run().samplesPerStep() / step,
        members.stream().map(member -> worker(run, member, own)).toList(),
        run.quarantine.all(),
        run.incidents.all());
  }

  private static RunStatus.Worker worker(Run run, Member member, double medianOwn) {
    double own = ownSeconds(member);
    boolean straggler = own > STRAGGLES * medianOwn && own - medianOwn > STRAGGLES_SECONDS;
    return new RunStatus.Worker(
        member.name,
        member.card.pid(),
        state(run, member),
        rank(run, member),
        member.progress != null ? member.progress.committedSteps() : member.card.committedSteps(),
        (float) stepSeconds(member),
        (float) own,
        straggler,
        member.banned.isEmpty() ? member.note : member.banned);
  }

  private static String state(Run run, Member member) {
    if (member.phase != Phase.LEAVING && member.draining) {
      return "draining";
    }
    if (member.phase == Phase.IDLE && rank(run, member) < 0) {
      return "spare";
    }
    return member.phase.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static int rank(Run run, Member member) {
    return member.has(Trait.MEMBER) ? run.team().rank(member.name) : -1;
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
