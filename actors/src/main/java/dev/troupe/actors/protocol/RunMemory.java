package dev.troupe.actors.protocol;

import dev.troupe.actors.RunStatus.Quarantined;
import java.util.List;

/**
 * What a coordinator must not forget. It travels to the workers with each generation and comes back
 * when they register with the next coordinator. One worker of each node keeps it; it is bounded.
 *
 * @param failures failures of nodes lately
 * @param quarantined who is refused
 * @param barrenGenerations generations in a row that committed nothing
 */
public record RunMemory(
    List<Failure> failures, List<Quarantined> quarantined, int barrenGenerations) {

  /** Nothing to remember. */
  public static final RunMemory EMPTY = new RunMemory(List.of(), List.of(), 0);

  /**
   * A failure of a node.
   *
   * @param node the node's name
   * @param atMillis milliseconds since 1970
   * @param reason what happened
   */
  public record Failure(String node, long atMillis, String reason) {}
}
