package dev.troupe.runtime.cli;

import dev.troupe.actors.RunStatus;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** A run's status as text. */
final class StatusPage {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss");

  private StatusPage() {}

  static String of(RunStatus status) {
    StringBuilder page = new StringBuilder();
    line(
        page,
        "run %s: %s%s",
        status.run(),
        status.state().name().toLowerCase(Locale.ROOT).replace('_', ' '),
        status.note().isEmpty() ? "" : " (" + status.note() + ")");
    line(
        page,
        "  step %d  loss %s  %s samples/s  %s s/step  generation %d  coordinator %s (term %d)",
        status.committedSteps(),
        number(status.loss(), 4),
        number(status.samplesPerSecond(), 0),
        number(status.stepSeconds(), 3),
        status.generation(),
        status.coordinator(),
        status.term());
    line(page, "");
    line(
        page,
        "  %4s  %-24s %8s  %-12s %9s %8s %8s  %s",
        "rank",
        "worker",
        "pid",
        "state",
        "step",
        "s/step",
        "own s",
        "");
    for (RunStatus.Worker worker : status.workers()) {
      line(
          page,
          "  %4s  %-24s %8d  %-12s %9d %8s %8s  %s%s",
          worker.rank() < 0 ? "-" : worker.rank(),
          worker.name(),
          worker.pid(),
          worker.state(),
          worker.committedSteps(),
          number(worker.stepSeconds(), 3),
          number(worker.ownSeconds(), 3),
          worker.straggler() ? "straggler " : "",
          worker.note());
    }
    for (RunStatus.Quarantined refused : status.quarantined()) {
      line(
          page,
          "  refused since %s: %s: %s",
          time(refused.atMillis()),
          refused.node(),
          refused.reason());
    }
    if (!status.incidents().isEmpty()) {
      line(page, "");
      line(
          page,
          "  %-8s  %3s  %5s  %s",
          "time",
          "gen",
          "world",
          "incident (ms: detect, regroup, join, step)");
    }
    for (RunStatus.Incident incident : status.incidents()) {
      line(
          page,
          "  %s  %3d  %5d  %s (%s, %s, %s, %s)",
          time(incident.detectedMillis()),
          incident.generation(),
          incident.worldSize(),
          incident.cause(),
          between(incident.lastCommitMillis(), incident.detectedMillis()),
          between(incident.detectedMillis(), incident.formedMillis()),
          between(incident.formedMillis(), incident.joinedMillis()),
          between(incident.joinedMillis(), incident.committedMillis()));
    }
    return page.toString();
  }

  private static void line(StringBuilder page, String format, Object... values) {
    page.append(String.format(Locale.ROOT, format, values).stripTrailing()).append('\n');
  }

  private static String number(double value, int decimals) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  private static String between(long from, long to) {
    return from == 0 || to == 0 ? "-" : String.valueOf(to - from);
  }

  private static String time(long millis) {
    return TIME.format(Instant.ofEpochMilli(millis).atZone(ZoneId.systemDefault()));
  }
}
