package dev.troupe.data.plan;

/**
 * A random permutation of [0, n) that needs no memory: any element in constant time, so that a plan
 * can be entered anywhere.
 *
 * <p>Rounds of steps that are each a bijection on k bits (add, multiply by an odd number, xor with
 * the own upper half), on the smallest power of two that holds n; a result outside [0, n) is
 * permuted again until it falls inside, two times at most on average. Few bits leave too few such
 * permutations, so small n are shuffled in a table.
 */
final class Permutation {
  private static final int ROUNDS = 6;
  private static final int TABLE = 256;

  private final int[] table;
  private final long n;
  private final long mask;
  private final int shift;
  private final long[] add = new long[ROUNDS];
  private final long[] multiply = new long[ROUNDS];

  Permutation(long n, long seed) {
    if (n < 1) {
      throw new IllegalArgumentException("n: " + n + " (expected: >= 1)");
    }
    this.n = n;
    int bits = 64 - Long.numberOfLeadingZeros(n - 1);
    this.mask = (1L << bits) - 1;
    this.shift = (bits + 1) / 2;
    this.table = n <= TABLE ? shuffled((int) n, seed) : null;
    for (int r = 0; r < ROUNDS; r++) {
      add[r] = Mix.seed(seed, 2L * r);
      multiply[r] = Mix.seed(seed, 2L * r + 1) | 1;
    }
  }

  long at(long i) {
    if (table != null) {
      return table[(int) i];
    }
    long x = i;
    do {
      for (int r = 0; r < ROUNDS; r++) {
        x = ((x + add[r]) * multiply[r]) & mask;
        x ^= x >>> shift;
      }
    } while (x >= n);
    return x;
  }

  private static int[] shuffled(int n, long seed) {
    int[] values = new int[n];
    for (int i = 0; i < n; i++) {
      int j = (int) (Mix.uniform(seed, i) * (i + 1));
      values[i] = values[j];
      values[j] = i;
    }
    return values;
  }
}
