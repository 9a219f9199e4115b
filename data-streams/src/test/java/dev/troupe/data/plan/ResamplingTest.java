package dev.troupe.data.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResamplingTest {
  private static int[][] draws(double[] weights, long seed, int batch) {
    int[] counts = {10, 5};
    Plan plan = Plan.withReplacement(counts, weights, seed, 1, 10_000, batch);
    int[][] hits = {new int[10], new int[5]};
    for (long step = 0; step < plan.totalSteps(); step++) {
      plan.slice(step, 0, 1, (shard, ordinal, s) -> hits[shard][ordinal]++);
    }
    return hits;
  }

  /** The sub-cases of OpenCLIP's test_wds: a draw reads the shard whole. */
  @ParameterizedTest
  @CsvSource({"1, 1, 666.7, 666.7", "1, 2, 500, 1000", "1, 0, 1000, 0", "0, 1, 0, 2000"})
  void shouldDrawSamplesAsOftenAsTheirShardsWeigh(
      double first, double second, double each, double eachOther) {
    int[][] hits = draws(new double[] {first, second}, 0, 1);
    assertThat(hits[0]).satisfies(all(each));
    assertThat(hits[1]).satisfies(all(eachOther));
  }

  private static org.assertj.core.api.ThrowingConsumer<int[]> all(double expected) {
    return hits -> {
      for (int hit : hits) {
        assertThat((double) hit).isCloseTo(expected, within(0.2 * expected));
      }
    };
  }

  @Test
  void shouldRepeatItselfWithItsSeedAlone() {
    double[] weights = {1, 3};
    assertThat(draws(weights, 1, 16)).isDeepEqualTo(draws(weights, 1, 16));
    assertThat(draws(weights, 1, 16)).isNotEqualTo(draws(weights, 2, 16));
  }

  @Test
  void shouldDrawAnewInEachEpoch() {
    int[] counts = new int[1000];
    java.util.Arrays.fill(counts, 10);
    double[] weights = new double[1000];
    java.util.Arrays.fill(weights, 1);
    Plan plan = Plan.withReplacement(counts, weights, 3, 2, 1000, 100);
    int[] epochs = new int[2];
    java.util.Set<Integer> first = new java.util.TreeSet<>();
    java.util.Set<Integer> second = new java.util.TreeSet<>();
    for (long step = 0; step < plan.totalSteps(); step++) {
      var set = plan.epochOf(step) == 0 ? first : second;
      epochs[plan.epochOf(step)]++;
      plan.slice(step, 0, 1, (shard, ordinal, s) -> set.add(shard));
    }
    assertThat(epochs).containsExactly(10, 10);
    assertThat(first).isNotEqualTo(second);
  }
}
