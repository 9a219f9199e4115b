package dev.troupe.data.stream;

/** Finds samples in shards whose number of samples is a guess. */
final class Presumed {
  private Presumed() {}

  /**
   * The sample that stands for the one that was guessed. Of a shard with more samples than
   * presumed, each pass reads others; one with fewer gives all it has.
   *
   * @return its number, or -1 if there is none
   */
  static int ordinal(int ordinal, int presumed, int size, long seed) {
    if (size <= presumed) {
      return ordinal < size ? ordinal : -1;
    }
    long low = (long) ordinal * size / presumed;
    long high = (ordinal + 1L) * size / presumed;
    return (int) (low + Math.floorMod(seed, high - low));
  }
}
