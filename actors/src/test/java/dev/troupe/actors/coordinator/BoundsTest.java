package dev.troupe.actors.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.actors.QuarantineSettings;
import dev.troupe.actors.RunStatus.Incident;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What travels in messages does not grow with the number of workers or with time. */
class BoundsTest {
  private static List<String> names(int count) {
    return IntStream.range(0, count).mapToObj(i -> "host:" + i + "/0").toList();
  }

  @Test
  void shouldNameTheFirstOfThoseWhoLeftAndCountTheOthers() {
    Incidents incidents = new Incidents();
    incidents.detected("start", true, 0, 1);
    names(4096).forEach(incidents::left);
    names(4096).forEach(name -> incidents.because(name + " is gone"));
    incidents.formed(1, names(4096), 4096, 2);
    Incident incident = incidents.all().get(0);
    assertThat(incident.left()).hasSize(17).startsWith("host:0/0").endsWith("4080 more");
    assertThat(incident.entered()).hasSize(17);
    assertThat(incident.cause()).startsWith("start; host:0/0 is gone; ").endsWith("; 4089 more");
  }

  @Test
  void shouldRememberAsManyFailuresAsItTakesToRefuseANode() {
    Quarantine quarantine = new Quarantine(new QuarantineSettings(3, Duration.ofMinutes(1), 3, 50));
    for (int i = 0; i < 10_000; i++) {
      quarantine.failed("host:" + i % 500, "hangs ".repeat(1000), i);
    }
    assertThat(quarantine.memory(0).failures())
        .hasSizeLessThanOrEqualTo(64 * 3)
        .allSatisfy(failure -> assertThat(failure.reason()).hasSizeLessThan(310));
  }
}
