package dev.troupe.actors.coordinator;

import dev.troupe.actors.QuarantineSettings;
import dev.troupe.actors.RunStatus.Quarantined;
import dev.troupe.actors.protocol.RunMemory;
import dev.troupe.actors.protocol.RunMemory.Failure;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Counts failures of nodes and says who is no longer let in. What it keeps is bounded: of each node
 * only as many failures as it takes to refuse it.
 */
final class Quarantine {
  private static final int REMEMBERED = 64;
  private static final int LONGEST_REASON = 300;

  private final QuarantineSettings settings;
  private final Map<String, Deque<Failure>> failures = new LinkedHashMap<>();
  private final Map<String, Quarantined> quarantined = new LinkedHashMap<>();

  Quarantine(QuarantineSettings settings) {
    this.settings = settings;
  }

  /** Takes over what an earlier coordinator knew. */
  void remember(RunMemory memory) {
    for (Failure failure : memory.failures()) {
      Deque<Failure> known = failures.get(failure.node());
      if (known == null || !known.contains(failure)) {
        add(failure);
      }
    }
    memory.quarantined().forEach(entry -> quarantined.putIfAbsent(entry.node(), entry));
  }

  /**
   * Counts a failure.
   *
   * @return the reason if the node is quarantined by it
   */
  Optional<String> failed(String node, String what, long nowMillis) {
    if (settings.failures() == 0) {
      return Optional.empty();
    }
    add(new Failure(node, nowMillis, shortened(what)));
    Deque<Failure> lately = failures.get(node);
    long start = nowMillis - settings.window().toMillis();
    lately.removeIf(failure -> failure.atMillis() < start);
    if (lately.size() < settings.failures() || quarantined.containsKey(node)) {
      return Optional.empty();
    }
    return Optional.of(
        put(
            node,
            lately.size()
                + " failures within "
                + settings.window().toMinutes()
                + " min, the last: "
                + what,
            nowMillis));
  }

  private void add(Failure failure) {
    // The node that failed last is the last one of the map.
    Deque<Failure> lately = failures.remove(failure.node());
    lately = lately == null ? new ArrayDeque<>() : lately;
    lately.addLast(failure);
    if (lately.size() > settings.failures()) {
      lately.removeFirst();
    }
    failures.put(failure.node(), lately);
    if (failures.size() > REMEMBERED) {
      failures.remove(failures.keySet().iterator().next());
    }
  }

  /** Quarantines a node outright. */
  String put(String node, String reason, long nowMillis) {
    quarantined.putIfAbsent(node, new Quarantined(node, shortened(reason), nowMillis));
    return reason;
  }

  /** Why this node is refused, if it is. */
  Optional<String> reason(String node) {
    return Optional.ofNullable(quarantined.get(node)).map(Quarantined::reason);
  }

  List<Quarantined> all() {
    return List.copyOf(quarantined.values());
  }

  RunMemory memory(int barrenGenerations) {
    List<Failure> latest = new ArrayList<>();
    failures.values().forEach(latest::addAll);
    return new RunMemory(latest, all(), barrenGenerations);
  }

  private static String shortened(String reason) {
    return reason.length() <= LONGEST_REASON ? reason : reason.substring(0, LONGEST_REASON) + " …";
  }
}
