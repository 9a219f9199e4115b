package dev.troupe.actors.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.actors.QuarantineSettings;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PoisonTest {
  private final Poison poison =
      new Poison(new QuarantineSettings(5, Duration.ofMinutes(10), 3, 50));

  private void step(long step, boolean a, boolean b) {
    poison.report("a", step, a, 2);
    poison.report("b", step, b, 2);
  }

  @Test
  void shouldNameTheWorkerThatAloneIsNotFinite() {
    for (int i = 0; i < 3; i++) {
      step(7, true, false);
    }
    assertThat(poison.poisonous()).containsExactly("a");
  }

  @Test
  void shouldBlameNobodyWhenAllAreNotFinite() {
    for (int i = 0; i < 10; i++) {
      step(7, true, true);
    }
    assertThat(poison.poisonous()).isEmpty();
    assertThat(poison.streak()).isEqualTo(10);
  }

  @Test
  void shouldForgiveWhatWasLongAgo() {
    step(1, true, false);
    step(2, true, false);
    poison.committed(200);
    step(200, true, false);
    assertThat(poison.poisonous()).isEmpty();
  }

  @Test
  void shouldStartTheStreakAnewWithACommit() {
    step(1, true, true);
    step(1, true, true);
    poison.committed(2);
    assertThat(poison.streak()).isZero();
  }
}
