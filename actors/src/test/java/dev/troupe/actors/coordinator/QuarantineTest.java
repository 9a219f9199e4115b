package dev.troupe.actors.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.actors.QuarantineSettings;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class QuarantineTest {
  private static final QuarantineSettings THREE_IN_A_MINUTE =
      new QuarantineSettings(3, Duration.ofMinutes(1), 3, 50);

  private final Quarantine quarantine = new Quarantine(THREE_IN_A_MINUTE);

  @Test
  void shouldRefuseANodeThatFailsTooOften() {
    assertThat(quarantine.failed("host:1", "hangs", 0)).isEmpty();
    assertThat(quarantine.failed("host:2", "hangs", 1)).isEmpty();
    assertThat(quarantine.failed("host:1", "hangs", 2)).isEmpty();
    assertThat(quarantine.failed("host:1", "out of memory", 3))
        .hasValue("3 failures within 1 min, the last: out of memory");
    assertThat(quarantine.reason("host:1")).isPresent();
    assertThat(quarantine.reason("host:2")).isEmpty();
  }

  @Test
  void shouldForgetFailuresOutsideTheWindow() {
    quarantine.failed("host:1", "hangs", 0);
    quarantine.failed("host:1", "hangs", 1);
    assertThat(quarantine.failed("host:1", "hangs", 70_000)).isEmpty();
  }

  @Test
  void shouldOutliveItsCoordinator() {
    quarantine.failed("host:1", "hangs", 0);
    quarantine.failed("host:1", "hangs", 1);
    quarantine.put("host:3", "poisonous", 2);
    Quarantine successor = new Quarantine(THREE_IN_A_MINUTE);
    successor.remember(quarantine.memory(0));
    assertThat(successor.reason("host:3")).hasValue("poisonous");
    assertThat(successor.failed("host:1", "hangs", 3)).isPresent();
  }
}
