package dev.troupe.data.text;

import java.util.Arrays;

/** Pairs of symbols to the order of their merges: an open-addressing hash table of primitives. */
final class PairTable {
  /** What pairs without a merge have: after all others. */
  static final int NONE = Integer.MAX_VALUE;

  private static final long EMPTY = -1;

  private final long[] keys;
  private final int[] ranks;
  private final int mask;

  PairTable(int pairs) {
    int capacity = Integer.highestOneBit(pairs) * 4;
    keys = new long[capacity];
    ranks = new int[capacity];
    mask = capacity - 1;
    Arrays.fill(keys, EMPTY);
  }

  void put(int first, int second, int rank) {
    int slot = slot(key(first, second));
    keys[slot] = key(first, second);
    ranks[slot] = rank;
  }

  int get(int first, int second) {
    int slot = slot(key(first, second));
    return keys[slot] == EMPTY ? NONE : ranks[slot];
  }

  /** Where a key stands, or where it would. */
  private int slot(long key) {
    long mixed = key * 0x9e3779b97f4a7c15L;
    int slot = (int) (mixed >>> 40) & mask;
    while (keys[slot] != EMPTY && keys[slot] != key) {
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private static long key(int first, int second) {
    return (long) first << 32 | second;
  }
}
