package dev.troupe.actors.coordinator;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A generation: its number and its members by rank. A coordinator that took over may not know who
 * has some rank: then its name is null until that worker registers.
 */
final class Team {

  final long generation;
  private final String[] names;
  private final Map<String, Integer> ranks = new HashMap<>();

  /** Committed steps when it was formed; -1 until known. */
  long startSteps = -1;

  /** Whether it committed a step. */
  boolean committed;

  /** Members whose task failed by its own fault. */
  private final Set<String> faulted = new HashSet<>();

  Team(long generation, List<String> names) {
    this(generation, new String[names.size()]);
    for (int rank = 0; rank < names.size(); rank++) {
      set(rank, names.get(rank));
    }
  }

  private Team(long generation, String[] names) {
    this.generation = generation;
    this.names = names;
  }

  /** Before the first generation. */
  static Team none() {
    return new Team(0, List.of());
  }

  static Team ofUnknown(long generation, int worldSize) {
    return new Team(generation, new String[worldSize]);
  }

  int size() {
    return names.length;
  }

  void set(int rank, String name) {
    if (rank >= 0 && rank < names.length) {
      ranks.remove(names[rank]);
      names[rank] = name;
      ranks.put(name, rank);
    }
  }

  /** The rank of a worker; -1 if it is no member. */
  int rank(String name) {
    return ranks.getOrDefault(name, -1);
  }

  boolean has(String name) {
    return ranks.containsKey(name);
  }

  /** Who has this rank; null if nobody has or nobody is known to have. */
  String name(int rank) {
    return rank >= 0 && rank < names.length ? names[rank] : null;
  }

  /** A member's task failed by its own fault. */
  void faulted(String name) {
    faulted.add(name);
  }

  /** Whether no known member is without a fault. */
  boolean allFaulted() {
    return faulted.size() >= ranks.size();
  }
}
