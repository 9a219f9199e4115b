package dev.troupe.actors.coordinator;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Who fits the run. The first who is ready says what the run is. */
final class Admission {
  private Map<String, String> facts;

  /** The run is what these say, unless it is known already. */
  void accept(Map<String, String> first) {
    if (facts == null) {
      facts = first;
    }
  }

  /** Nobody holds the run to anything any more. */
  void forget() {
    facts = null;
  }

  /** The run's own copy of these facts if they are the run's. */
  Map<String, String> shared(Map<String, String> others) {
    return isOf(others) ? facts : others;
  }

  boolean isOf(Map<String, String> others) {
    return others.equals(facts);
  }

  /** What differs from the run, each with both values; empty if nothing does. */
  List<String> differences(Map<String, String> others) {
    List<String> found = new ArrayList<>();
    Map<String, String> all = new TreeMap<>(facts);
    others.forEach(all::putIfAbsent);
    for (String fact : all.keySet()) {
      String theirs = others.getOrDefault(fact, "nothing");
      String run = facts.getOrDefault(fact, "nothing");
      if (!theirs.equals(run)) {
        found.add(fact + ": " + theirs + " (expected: " + run + ", as in the run)");
      }
    }
    return found;
  }
}
