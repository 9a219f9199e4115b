package dev.troupe.data.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PermutationTest {
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 255, 256, 257, 1000, 4096, 99_991})
  void shouldHitEveryElementOnce(long n) {
    Permutation permutation = new Permutation(n, 42);
    assertThat(LongStream.range(0, n).map(permutation::at).sorted().toArray())
        .isEqualTo(LongStream.range(0, n).toArray());
  }

  @Test
  void shouldGiveAllOrdersOfFewElementsEquallyOften() {
    Map<String, Integer> orders = new HashMap<>();
    int draws = 24_000;
    for (int seed = 0; seed < draws; seed++) {
      Permutation p = new Permutation(4, Mix.seed(seed));
      orders.merge("" + p.at(0) + p.at(1) + p.at(2) + p.at(3), 1, Integer::sum);
    }
    assertThat(orders).hasSize(24);
    assertThat(orders.values()).allMatch(count -> Math.abs(count - 1000) < 150);
  }

  @ParameterizedTest
  @ValueSource(ints = {257, 5000, 100_000})
  void shouldScatterNeighboursLikeARandomShuffle(int n) {
    double distance = 0;
    double fixed = 0;
    double adjacent = 0;
    int seeds = 200;
    for (int seed = 0; seed < seeds; seed++) {
      Permutation p = new Permutation(n, Mix.seed(seed));
      for (int i = 1; i < n; i++) {
        long d = Math.abs(p.at(i) - p.at(i - 1));
        distance += d;
        adjacent += d == 1 ? 1 : 0;
        fixed += p.at(i) == i ? 1 : 0;
      }
    }
    // Of a random shuffle: a third of n, two adjacent pairs, one fixed point.
    assertThat(distance / seeds / (n - 1) / n).isCloseTo(1 / 3.0, within(0.01));
    assertThat(adjacent / seeds).isCloseTo(2, within(0.5));
    assertThat(fixed / seeds).isCloseTo(1, within(0.4));
  }

  @Test
  void shouldReachAnyElementOfAHugeRange() {
    long n = 3_000_000_000_000L;
    Permutation permutation = new Permutation(n, 7);
    assertThat(LongStream.range(n - 1000, n).map(permutation::at).distinct())
        .hasSize(1000)
        .allMatch(x -> x >= 0 && x < n);
  }
}
