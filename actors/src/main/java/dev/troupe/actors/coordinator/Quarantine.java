package dev.troupe.actors.coordinator;

import dev.troupe.actors.QuarantineSettings;
import dev.troupe.actors.RunStatus.Quarantined;
import dev.troupe.actors.protocol.RunMemory;
import dev.troupe.actors.protocol.RunMemory.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Counts failures of nodes and says who is no longer let in. */
final class Quarantine {
  private final QuarantineSettings settings;
  private final List<Failure> failures = new ArrayList<>();
  private final List<Quarantined> quarantined = new ArrayList<>();

  Quarantine(QuarantineSettings settings) {
    this.settings = settings;
  }

  void remember(RunMemory memory) {
    for (Failure failure : memory.failures()) {
      if (!failures.contains(failure)) {
        failures.add(failure);
      }
    }
    for (Quarantined entry : memory.quarantined()) {
      if (reason(entry.node()).isEmpty()) {
        quarantined.add(entry);
      }
    }
  }

  /**
   * Counts a failure.
   *
   * @return the reason if the node is quarantined by it
   */
  Optional<String> failed(String node, String what, long nowMillis) {
    long start = nowMillis - settings.window().toMillis();
    failures.removeIf(failure -> failure.atMillis() < start);
    failures.add(new Failure(node, nowMillis, what));
    long count = failures.stream().filter(failure -> failure.node().equals(node)).count();
    if (settings.failures() == 0 || count < settings.failures() || reason(node).isPresent()) {
      return Optional.empty();
    }
    return Optional.of(
        put(
            node,
            count + " failures within " + settings.window().toMinutes() + " min, the last: " + what,
            nowMillis));
  }

  /** Quarantines a node outright. */
  String put(String node, String reason, long nowMillis) {
    if (reason(node).isEmpty()) {
      quarantined.add(new Quarantined(node, reason, nowMillis));
    }
    return reason;
  }

  /** Why this node is refused, if it is. */
  Optional<String> reason(String node) {
    return quarantined.stream()
        .filter(entry -> entry.node().equals(node))
        .map(Quarantined::reason)
        .findFirst();
  }

  List<Quarantined> all() {
    return List.copyOf(quarantined);
  }

  RunMemory memory(int barrenGenerations) {
    return new RunMemory(List.copyOf(failures), List.copyOf(quarantined), barrenGenerations);
  }
}
