package dev.troupe.actors.coordinator;

import dev.troupe.actors.RunStatus.Incident;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The latest changes of the group, each with its phases. Bounded, since all of it goes into the
 * answer to a question for the run's status.
 */
final class Incidents {
  private static final int KEPT = 200;
  private static final int CAUSES = 8;
  private static final int NAMES = 16;

  private final Deque<Incident> past = new ArrayDeque<>();
  private Open open;

  /** A change under way. */
  private static final class Open {
    long generation;
    final Set<String> causes = new LinkedHashSet<>();
    boolean planned;
    final Set<String> left = new LinkedHashSet<>();
    List<String> entered = List.of();
    long lastCommit;
    long detected;
    long formed;
    long joined;
    double transferSeconds;
    int worldSize;

    Incident close(long committed) {
      return new Incident(
          generation,
          Names.listed("; ", List.copyOf(causes), CAUSES),
          planned,
          Names.first(List.copyOf(left), NAMES),
          entered,
          lastCommit,
          detected,
          formed,
          joined,
          committed,
          transferSeconds,
          worldSize);
    }
  }

  /** A change begins; one that is under way goes on with what is added to its cause. */
  void detected(String cause, boolean planned, long lastCommitMillis, long nowMillis) {
    if (open == null) {
      open = new Open();
      open.lastCommit = lastCommitMillis;
      open.detected = nowMillis;
      open.planned = planned;
    } else {
      open.planned &= planned;
    }
    because(cause);
  }

  /** Adds to the cause of the change under way. */
  void because(String cause) {
    if (open != null) {
      open.causes.add(cause);
    }
  }

  void left(String worker) {
    if (open != null) {
      open.left.add(worker);
    }
  }

  void formed(long generation, List<String> entered, int worldSize, long nowMillis) {
    if (open == null) {
      detected("start", true, 0, nowMillis);
    }
    open.generation = generation;
    open.formed = nowMillis;
    open.joined = 0;
    open.entered = Names.first(entered, NAMES);
    open.worldSize = worldSize;
  }

  void transferred(double seconds) {
    if (open != null) {
      open.transferSeconds = Math.max(open.transferSeconds, seconds);
    }
  }

  void joined(long nowMillis) {
    if (open != null) {
      open.joined = nowMillis;
    }
  }

  /** The first step after the change: the incident is over. */
  void committed(long nowMillis) {
    if (open != null && open.joined != 0) {
      past.addLast(open.close(nowMillis));
      if (past.size() > KEPT) {
        past.removeFirst();
      }
      open = null;
    }
  }

  List<Incident> all() {
    List<Incident> all = new ArrayList<>(past);
    if (open != null) {
      all.add(open.close(0));
    }
    return all;
  }
}
