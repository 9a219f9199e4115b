package dev.troupe.nn.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

class LrScheduleTest {
  @Test
  void shouldGiveTheRatesOfOpenClip() throws Exception {
    JsonNode golden;
    try (InputStream in =
        LrScheduleTest.class.getResourceAsStream("/dev/troupe/nn/train/peer-schedules.json")) {
      golden = new ObjectMapper().readTree(in);
    }

    check(golden, "cosine", LrSchedule.cosine(5e-4, 10, 100));
    check(golden, "const", LrSchedule.constant(5e-4, 10));
    check(golden, "const-cooldown", LrSchedule.constantCooldown(5e-4, 10, 100, 30, 2, 1e-5));
  }

  private static void check(JsonNode golden, String name, LrSchedule schedule) {
    JsonNode rates = golden.get("lrs").get(name);
    for (int i = 0; i < rates.size(); i++) {
      long step = golden.get("steps").get(i).asLong();
      assertThat(schedule.at(step))
          .as("%s at %d", name, step)
          .isCloseTo(rates.get(i).asDouble(), offset(1e-15));
    }
  }

  @Test
  void shouldStayTheSameWhenSkipped() {
    assertThat(LrSchedule.none(3e-4).at(0)).isEqualTo(3e-4);
    assertThat(LrSchedule.none(3e-4).at(123_456)).isEqualTo(3e-4);
  }

  @Test
  void shouldStartAtTheFullRateWithoutWarmUp() {
    assertThat(LrSchedule.cosine(1, 0, 10).at(0)).isEqualTo(1);
  }
}
