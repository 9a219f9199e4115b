package dev.troupe.actors.coordinator;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * A generation: its number and its members by rank. A coordinator that took over may not know who
 * has some rank: then its name is null until that worker registers.
 */
final class Team {

  /** Before the first generation. */
  static final Team NONE = new Team(0, List.of());

  final long generation;
  private final List<String> names;

  /** Committed steps when it was formed; -1 until known. */
  long startSteps = -1;

  /** Whether it committed a step. */
  boolean committed;

  /** Members whose task failed by its own fault. */
  final Set<String> faulted = new HashSet<>();

  Team(long generation, List<String> names) {
    this.generation = generation;
    this.names = new ArrayList<>(names);
  }

  static Team ofUnknown(long generation, int worldSize) {
    return new Team(generation, Collections.nCopies(worldSize, null));
  }

  int size() {
    return names.size();
  }

  void set(int rank, String name) {
    if (rank >= 0 && rank < names.size()) {
      names.set(rank, name);
    }
  }

  /** The rank of a worker; -1 if it is no member. */
  int rank(String name) {
    return names.indexOf(name);
  }

  boolean has(String name) {
    return names.contains(name);
  }

  /** Known members in order of rank. */
  List<String> names() {
    return names.stream().filter(Objects::nonNull).toList();
  }

  String host() {
    return names.isEmpty() ? null : names.get(0);
  }
}
