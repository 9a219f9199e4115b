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
import org.junit.jupiter.params.provider.CsvSource;

class ExactlyOnceTest {
  private static final int SAMPLES = 7264;
  private static final OrderSpec ORDER = new OrderSpec(11, 3, 250);

  /** A step in the middle of the second epoch. */
  private static final long CUT = 45;

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
  @CsvSource({"1, 1", "2, 2", "3, 3", "5, 5", "7, 7", "1, 3", "2, 5", "3, 7", "5, 1", "7, 2"})
  void shouldGiveTheSameGlobalBatchesAtAnyWorldSizeWithAResumeInTheMiddle(
      int worldSize, int worldSizeAfterResume) throws InterruptedException {
    List<List<String>> batches = new ArrayList<>();
    try (DataFactory factory = Fixtures.factory(system, StreamSpec.defaults());
        TrainingData data = open(factory)) {
      batches.addAll(globalBatches(data, 0, CUT, worldSize));
    }
    try (DataFactory factory = Fixtures.factory(system, StreamSpec.defaults());
        TrainingData data = open(factory)) {
      batches.addAll(globalBatches(data, CUT, data.totalSteps(), worldSizeAfterResume));
    }
    assertThat(batches).isEqualTo(alone);
  }

  private static List<List<String>> globalBatches(
      TrainingData data, long from, long to, int worldSize) throws InterruptedException {
    List<List<String>> batches = new ArrayList<>();
    for (long step = from; step < to; step++) {
      batches.add(new ArrayList<>());
    }
    for (int rank = 0; rank < worldSize; rank++) {
      List<List<String>> slices = Fixtures.keys(data, from, to, rank, worldSize);
      for (int i = 0; i < slices.size(); i++) {
        batches.get(i).addAll(slices.get(i));
      }
    }
    return batches;
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
