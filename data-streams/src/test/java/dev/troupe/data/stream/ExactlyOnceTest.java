package dev.troupe.data.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExactlyOnceTest {
  private static final int SAMPLES = 7264;
  private static final OrderSpec ORDER = new OrderSpec(11, 3, 250);

  private static ActorSystem system;
  private static List<List<String>> alone;

  @BeforeAll
  static void readAlone() throws InterruptedException {
    system = ActorSystem.create("exactly-once");
    try (DataFactory factory = Fixtures.factory(system, StreamSpec.defaults());
        TrainingData data = open(factory)) {
      alone = Fixtures.keys(data, 0, data.totalSteps(), 0, 1);
    }
  }

  @AfterAll
  static void stop() {
    system.terminate();
  }

  private static TrainingData open(DataFactory factory) {
    return factory.training(
        DataSpec.of(Fixtures.EMOJI_TRAIN), ORDER, Fixtures.TRANSFORM, Fixtures.TOKENIZER);
  }

  @Test
  void shouldReadEverySampleOnceAnEpoch() {
    List<String> ledger = alone.stream().flatMap(List::stream).toList();
    assertThat(ledger).hasSize(3 * SAMPLES);
    List<Set<String>> epochs = new ArrayList<>();
    for (int e = 0; e < 3; e++) {
      epochs.add(new HashSet<>(ledger.subList(e * SAMPLES, (e + 1) * SAMPLES)));
    }
    assertThat(epochs).allSatisfy(epoch -> assertThat(epoch).hasSize(SAMPLES));
    assertThat(epochs.get(0)).isEqualTo(epochs.get(1)).isEqualTo(epochs.get(2));
    assertThat(epochs.get(0)).contains("train-0000.tar/000000", "train-0007.tar/007263");
    assertThat(ledger.subList(0, SAMPLES)).isNotEqualTo(ledger.subList(SAMPLES, 2 * SAMPLES));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 7})
  void shouldGiveTheSameGlobalBatchesAtAnyWorldSizeWithAResumeInTheMiddle(int worldSize)
      throws InterruptedException {
    try (DataFactory factory = Fixtures.factory(system, StreamSpec.defaults());
        TrainingData data = open(factory)) {
      long cut = data.totalSteps() / 2 + 1;
      List<List<String>> batches = new ArrayList<>();
      for (long step = 0; step < data.totalSteps(); step++) {
        batches.add(new ArrayList<>());
      }
      for (int rank = 0; rank < worldSize; rank++) {
        List<List<String>> mine = new ArrayList<>(Fixtures.keys(data, 0, cut, rank, worldSize));
        mine.addAll(Fixtures.keys(data, cut, data.totalSteps(), rank, worldSize));
        for (int step = 0; step < mine.size(); step++) {
          batches.get(step).addAll(mine.get(step));
        }
      }
      assertThat(batches).isEqualTo(alone);
    }
  }

  @Test
  void shouldTellEpochsAndSteps() {
    try (DataFactory factory = Fixtures.factory(system, StreamSpec.defaults());
        TrainingData data = open(factory)) {
      assertThat(data.samplesPerEpoch()).isEqualTo(SAMPLES);
      assertThat(data.totalSteps()).isEqualTo(88);
      assertThat(data.globalBatch(0)).isEqualTo(250);
      assertThat(data.globalBatch(87)).isEqualTo(3 * SAMPLES - 87 * 250);
      assertThat(data.samplesAfter(87)).isEqualTo(3 * SAMPLES);
      TreeMap<Integer, Long> ends = new TreeMap<>();
      for (long step = 0; step < data.totalSteps(); step++) {
        if (data.endsEpoch(step)) {
          ends.put(ends.size(), step);
        }
      }
      assertThat(ends).containsValues(29L, 58L, 87L).hasSize(3);
      assertThat(data.epochOf(28)).isZero();
      assertThat(data.epochOf(29)).isEqualTo(1);
      assertThat(data.epochOf(87)).isEqualTo(2);
    }
  }
}
