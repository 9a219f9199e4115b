package dev.troupe.data.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlanTest {
  private record Pick(int shard, int ordinal, long seed) {
    String sample() {
      return shard + "/" + ordinal;
    }
  }

  private static List<Pick> slice(Plan plan, long step, int rank, int worldSize) {
    List<Pick> picks = new ArrayList<>();
    plan.slice(step, rank, worldSize, (s, o, seed) -> picks.add(new Pick(s, o, seed)));
    assertThat(picks).hasSize(plan.sliceSize(step, rank, worldSize));
    return picks;
  }

  private static List<Pick> run(Plan plan) {
    List<Pick> all = new ArrayList<>();
    for (long step = 0; step < plan.totalSteps(); step++) {
      all.addAll(slice(plan, step, 0, 1));
    }
    return all;
  }

  private static Set<String> samples(int[] counts) {
    Set<String> all = new HashSet<>();
    for (int s = 0; s < counts.length; s++) {
      for (int i = 0; i < counts[s]; i++) {
        all.add(s + "/" + i);
      }
    }
    return all;
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1",
    "1, 10, 3",
    "5, 1000, 64",
    "100, 100, 32",
    "100, 100, 1000",
    "40, 3000, 4096",
    "3, 7, 100",
    "2000, 3, 256"
  })
  void shouldGiveEverySampleOnceAnEpoch(int shards, int most, int batch) {
    Random random = new Random(shards * 31L + most);
    int[] counts = IntStream.range(0, shards).map(i -> 1 + random.nextInt(most)).toArray();
    counts[random.nextInt(shards)] = shards > 1 ? 0 : most;
    int epochs = 3;
    Plan plan = Plan.withoutReplacement(counts, 5, epochs, 0, batch);
    List<Pick> all = run(plan);
    int n = Arrays.stream(counts).sum();
    assertThat(all).hasSize(epochs * n);
    for (int e = 0; e < epochs; e++) {
      Set<String> epoch = new HashSet<>();
      // Inside a batch that holds two epochs, the first comes first.
      all.subList(e * n, (e + 1) * n).forEach(pick -> epoch.add(pick.sample()));
      assertThat(epoch).isEqualTo(samples(counts));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 7, 16, 33, 1000})
  void shouldCutTheSameGlobalBatchForAnyWorldSize(int worldSize) {
    int[] counts = IntStream.range(0, 60).map(i -> 100 + 7 * i).toArray();
    Plan plan = Plan.withoutReplacement(counts, 9, 2, 0, 510);
    for (long step = plan.totalSteps() - 1; step >= 0; step -= 13) {
      List<Pick> parts = new ArrayList<>();
      for (int rank = 0; rank < worldSize; rank++) {
        parts.addAll(slice(plan, step, rank, worldSize));
      }
      assertThat(parts).isEqualTo(slice(plan, step, 0, 1));
    }
  }

  @Test
  void shouldBeAPureFunctionOfItsArguments() {
    int[] counts = {500, 400, 300, 900};
    Plan one = Plan.withoutReplacement(counts, 3, 5, 0, 128);
    Plan other = Plan.withoutReplacement(counts.clone(), 3, 5, 0, 128);
    List<Pick> forward = run(one);
    for (long step = other.totalSteps() - 1; step >= 0; step--) {
      List<Pick> batch = slice(other, step, 0, 1);
      int from = (int) step * 128;
      assertThat(batch).isEqualTo(forward.subList(from, from + batch.size()));
    }
    assertThat(run(Plan.withoutReplacement(counts, 4, 5, 0, 128))).isNotEqualTo(forward);
  }

  @Test
  void shouldDrawOtherRandomChoicesForASampleInEachEpoch() {
    Plan plan = Plan.withoutReplacement(new int[] {50, 50}, 0, 4, 0, 10);
    Map<String, Set<Long>> seeds = new HashMap<>();
    run(plan).forEach(p -> seeds.computeIfAbsent(p.sample(), s -> new HashSet<>()).add(p.seed()));
    assertThat(seeds.values()).allSatisfy(set -> assertThat(set).hasSize(4));
    assertThat(seeds.values().stream().flatMap(Set::stream).distinct()).hasSize(400);
  }

  @Test
  void shouldOmitNothingWhenAnEpochIsShorterThanTheData() {
    int[] counts = {300, 200, 500};
    Plan plan = Plan.withoutReplacement(counts, 1, 10, 100, 30);
    assertThat(plan.samplesPerEpoch()).isEqualTo(100);
    List<Pick> all = run(plan);
    assertThat(all).hasSize(1000);
    assertThat(new HashSet<>(all.stream().map(Pick::sample).toList())).isEqualTo(samples(counts));
  }

  @Test
  void shouldShareEachShardAmongFewRanks() {
    int[] counts = new int[2000];
    Arrays.fill(counts, 9000);
    int worldSize = 64;
    Plan plan = Plan.withoutReplacement(counts, 2, 1, 0, 64 * 128);
    for (long step = 1000; step < 1005; step++) {
      Map<Integer, Set<Integer>> ranks = new HashMap<>();
      for (int rank = 0; rank < worldSize; rank++) {
        Set<Integer> shards = new HashSet<>();
        int r = rank;
        for (Pick pick : slice(plan, step, rank, worldSize)) {
          shards.add(pick.shard());
          ranks.computeIfAbsent(pick.shard(), s -> new HashSet<>()).add(r);
        }
        // 128 samples of a rank are the shares of 4 lanes.
        assertThat(shards).hasSizeLessThanOrEqualTo(6);
      }
      assertThat(ranks.values()).allSatisfy(set -> assertThat(set).hasSizeLessThanOrEqualTo(2));
    }
  }

  @Test
  void shouldLandNeighboursOfAShardFarApart() {
    int[] counts = new int[400];
    Arrays.fill(counts, 5000);
    Plan plan = Plan.withoutReplacement(counts, 0, 1, 0, 1024);
    Map<String, Long> stepOf = new HashMap<>();
    for (long step = 0; step < plan.totalSteps(); step++) {
      long s = step;
      plan.slice(step, 0, 1, (shard, o, seed) -> stepOf.put(shard + "/" + o, s));
    }
    List<Long> distances = new ArrayList<>();
    for (int shard = 0; shard < counts.length; shard++) {
      for (int i = 1; i < counts[shard]; i++) {
        distances.add(Math.abs(stepOf.get(shard + "/" + i) - stepOf.get(shard + "/" + (i - 1))));
      }
    }
    distances.sort(null);
    int n = distances.size();
    double same = distances.stream().filter(d -> d == 0).count() / (double) n;
    System.out.printf(
        "neighbours land %d steps apart (median; 10%% quantile %d), %.2f%% in one batch%n",
        distances.get(n / 2), distances.get(n / 10), 100 * same);
    // A shard is read over 5000 / 32 = 156 steps; of two random places in it, half are 46 apart.
    assertThat(distances.get(n / 2)).isBetween(40L, 60L);
    assertThat(same).isLessThan(0.01);
  }

  @Test
  void shouldNameTheEpochsEnds() {
    Plan plan = Plan.withoutReplacement(new int[] {10}, 0, 3, 0, 4);
    assertThat(plan.totalSteps()).isEqualTo(8);
    assertThat(IntStream.range(0, 8).map(plan::globalBatch))
        .containsExactly(4, 4, 4, 4, 4, 4, 4, 2);
    assertThat(IntStream.range(0, 8).map(s -> plan.epochOf(s)))
        .containsExactly(0, 0, 1, 1, 1, 2, 2, 2);
    assertThat(IntStream.range(0, 8).mapToObj(s -> plan.endsEpoch(s)))
        .containsExactly(false, false, true, false, true, false, false, true);
    assertThat(plan.samplesAfter(7)).isEqualTo(30);
  }
}
