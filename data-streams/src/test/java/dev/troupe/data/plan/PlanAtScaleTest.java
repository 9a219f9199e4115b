package dev.troupe.data.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class PlanAtScaleTest {
  /** LAION-2B: 2.17 billion samples in 231,000 shards. */
  static int[] laion() {
    Random random = new Random(1);
    int[] counts = new int[231_000];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = 9000 + random.nextInt(800);
    }
    return counts;
  }

  @Test
  @Timeout(value = 60, unit = TimeUnit.SECONDS)
  void shouldEnterTwoBillionSamplesAnywhere() {
    long start = System.nanoTime();
    Plan plan = Plan.withoutReplacement(laion(), 0, 32, 0, 32_768);
    assertThat(plan.samplesPerEpoch()).isGreaterThan(2_000_000_000L);
    long step = plan.totalSteps() / 2 + 12_345;
    Set<Integer> shards = new HashSet<>();
    int[] n = {0};
    plan.slice(
        step,
        100,
        256,
        (shard, ordinal, seed) -> {
          shards.add(shard);
          n[0]++;
        });
    System.out.printf(
        "2.17 billion samples: first slice after %.2f s%n", (System.nanoTime() - start) / 1e9);
    assertThat(n[0]).isEqualTo(128);
    assertThat(shards).hasSizeLessThanOrEqualTo(6);
  }
}
