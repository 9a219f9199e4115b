package dev.troupe.data.stream;

/** Checks a worker's place. */
final class Ranks {
  private Ranks() {}

  static void check(int rank, int worldSize) {
    if (worldSize < 1) {
      throw new DataException("world size: " + worldSize + " (expected: >= 1)");
    }
    if (rank < 0 || rank >= worldSize) {
      throw new DataException("rank: " + rank + " (expected: 0 to " + (worldSize - 1) + ")");
    }
  }
}
