package dev.troupe.actors.coordinator;

import dev.troupe.actors.QuarantineSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tells a worker that produces garbage from a run that diverges. If every rank's gradients are not
 * finite it is the run; if only some are, it is theirs.
 */
final class Poison {
  private final QuarantineSettings settings;
  private final Map<String, List<Long>> lone = new HashMap<>();
  private final Set<String> reporters = new HashSet<>();
  private final Set<String> bad = new HashSet<>();
  private long judged;
  private long step = -1;
  private int streak;
  private long committed = -1;

  Poison(QuarantineSettings settings) {
    this.settings = settings;
  }

  /** A rank says that a step was not committed. */
  void report(String worker, long atStep, boolean here, int teamSize) {
    if (atStep != step || reporters.contains(worker)) {
      judge(teamSize);
      step = atStep;
    }
    reporters.add(worker);
    if (here) {
      bad.add(worker);
    }
    if (reporters.size() == teamSize) {
      judge(teamSize);
    }
  }

  /** The group committed so many steps. */
  void committed(long steps) {
    if (steps > committed) {
      committed = steps;
      streak = 0;
    }
  }

  /** Steps in a row that were not committed. */
  int streak() {
    return streak;
  }

  /** Workers that were not finite while others were, too often. */
  List<String> poisonous() {
    List<String> found = new ArrayList<>();
    lone.forEach(
        (worker, times) -> {
          if (times.size() >= settings.nonFiniteSteps()) {
            found.add(worker);
          }
        });
    return found;
  }

  void forget(String worker) {
    lone.remove(worker);
  }

  private void judge(int teamSize) {
    if (reporters.isEmpty()) {
      return;
    }
    streak++;
    judged++;
    if (bad.size() < teamSize) {
      for (String worker : bad) {
        lone.computeIfAbsent(worker, name -> new ArrayList<>())
            .add(judged + Math.max(committed, 0));
      }
    }
    long oldest = judged + Math.max(committed, 0) - settings.nonFiniteWindow();
    lone.values().forEach(times -> times.removeIf(time -> time < oldest));
    reporters.clear();
    bad.clear();
  }
}
