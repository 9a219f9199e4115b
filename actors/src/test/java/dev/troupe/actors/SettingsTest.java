package dev.troupe.actors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SettingsTest {
  private static final Config DEFAULTS = ConfigFactory.load();

  private static Config with(String settings) {
    return ConfigFactory.parseString(settings).withFallback(DEFAULTS);
  }

  @Test
  void shouldHaveAFieldForEveryKeyAndAKeyForEveryField() {
    assertKeys(NodeSettings.SECTION, NodeSettings.class);
    assertKeys(RunSettings.SECTION, RunSettings.class);
    assertKeys(LivenessSettings.SECTION, LivenessSettings.class);
    assertKeys(QuarantineSettings.SECTION, QuarantineSettings.class);
  }

  private static void assertKeys(String section, Class<? extends Record> settings) {
    Set<String> fields = new TreeSet<>();
    for (RecordComponent component : settings.getRecordComponents()) {
      fields.add(component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT));
    }
    assertThat(DEFAULTS.getConfig(section).root().keySet())
        .as(section)
        .containsExactlyInAnyOrderElementsOf(fields);
  }

  @Test
  void shouldHaveTheDefaultsOfTheFile() {
    NodeSettings node = NodeSettings.of(DEFAULTS);
    assertThat(node.host()).isEqualTo("127.0.0.1");
    assertThat(node.roles()).containsExactlyInAnyOrder(Role.COORDINATOR, Role.WORKER);
    assertThat(node.workers()).isEqualTo(1);
    assertThat(node.transport()).isEqualTo(Transport.TCP);
    assertThat(node.tlsDir()).isEqualTo(Optional.empty());
    assertThat(node.drainDeadline()).isEqualTo(Duration.ofSeconds(25));
    assertThat(RunSettings.of(DEFAULTS))
        .isEqualTo(
            new RunSettings(
                1, Integer.MAX_VALUE, 0, Duration.ZERO, Duration.ofSeconds(120), 10, 50));
    assertThat(QuarantineSettings.of(DEFAULTS))
        .isEqualTo(new QuarantineSettings(5, Duration.ofMinutes(10), 3, 50));
    assertThat(LivenessSettings.of(DEFAULTS).silenceFloor()).isEqualTo(Duration.ofSeconds(6));
  }

  @Test
  void shouldReadEverySetting() {
    NodeSettings node =
        NodeSettings.of(
            with(
                "troupe.node { run = r, host = h, port = 1, bind-host = b, bind-port = 2, name = n,"
                    + " seed-nodes = [\"s:3\"], roles = [worker], workers = 4, transport ="
                    + " aeron-udp, tls-dir = t, run-dir = d, drain-deadline = 5s, join-deadline ="
                    + " 6s }"));
    assertThat(node.run()).isEqualTo("r");
    assertThat(node.host()).isEqualTo("h");
    assertThat(node.port()).isEqualTo(1);
    assertThat(node.bindHost()).isEqualTo("b");
    assertThat(node.bindPort()).isEqualTo(2);
    assertThat(node.name()).isEqualTo("n");
    assertThat(node.seedNodes()).isEqualTo(List.of("s:3"));
    assertThat(node.roles()).containsExactly(Role.WORKER);
    assertThat(node.workers()).isEqualTo(4);
    assertThat(node.transport()).isEqualTo(Transport.AERON_UDP);
    assertThat(node.tlsDir()).hasToString("Optional[t]");
    assertThat(node.runDir()).hasToString("Optional[d]");
    assertThat(node.drainDeadline()).isEqualTo(Duration.ofSeconds(5));
    assertThat(node.joinDeadline()).isEqualTo(Duration.ofSeconds(6));
  }

  @Test
  void shouldReportAllProblemsAtOnce() {
    assertThatThrownBy(
            () ->
                NodeSettings.of(
                    with(
                        "troupe.node { port = 70000, roles = [boss], seed-nodes = [here],"
                            + " transport = tls-tcp }")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("troupe.node.port: 70000 (expected: 0-65535)")
        .hasMessageContaining("troupe.node.roles: boss (expected: coordinator or worker)")
        .hasMessageContaining("troupe.node.seed-nodes: here (expected: HOST:PORT)")
        .hasMessageContaining("troupe.node.tls-dir");
  }

  @Test
  void shouldRefuseDeadlinesThatContradictEachOther() {
    assertThatThrownBy(() -> LivenessSettings.of(with("troupe.liveness.silence-floor = 1s")))
        .hasMessageContaining(
            "troupe.liveness.silence-floor: 1000 ms (expected: at least hang-floor, 2000 ms)");
    assertThatThrownBy(
            () -> RunSettings.of(with("troupe.run { min-workers = 3, max-workers = 2 }")))
        .hasMessageContaining("max-workers: 2 (expected: >= min-workers, 3)");
  }

  @Test
  void shouldTolerateLongPausesOfAGarbageCollectorBeforeDowning() {
    Config cluster = DEFAULTS.getConfig("troupe.pekko.cluster");
    Duration downed =
        cluster
            .getDuration("failure-detector.acceptable-heartbeat-pause")
            .plus(cluster.getDuration("split-brain-resolver.stable-after"));
    assertThat(downed).isGreaterThan(Duration.ofSeconds(7));
  }
}
