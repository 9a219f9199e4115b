package dev.troupe.actors;

import static dev.troupe.actors.local.LocalCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.troupe.actors.RunResult.Outcome;
import dev.troupe.actors.local.LocalCluster;
import dev.troupe.actors.security.Certs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What carries the control plane, and who may use it. */
@Timeout(120)
class TransportTest {
  private static final List<String> HERE = List.of("127.0.0.1", "localhost");

  @TempDir Path folder;
  @TempDir Path certificates;

  @Test
  void shouldLetOnlyCertifiedProcessesJoinAndCommand() throws IOException {
    Certs certs = Certs.in(certificates.resolve("ours"), "ours");
    Path node = certs.issue("node", HERE).key().getParent();
    Path foreign =
        Certs.in(certificates.resolve("theirs"), "ours").issue("node", HERE).key().getParent();
    try (LocalCluster cluster =
        aCluster(folder)
            .set("troupe.node.transport", "tls-tcp")
            .set("troupe.node.tls-dir", node.toString())
            .start(2)) {
      cluster.awaitTraining(2);
      cluster.checkpoint();

      Map<String, Object> stranger =
          Map.of("troupe.node.tls-dir", foreign.toString(), "troupe.node.join-deadline", "5s");
      Map<String, Object> open =
          Map.of("troupe.node.transport", "tcp", "troupe.node.join-deadline", "5s");
      for (Map<String, Object> uncertified : List.of(stranger, open)) {
        RunResult result = cluster.addNode(uncertified).result();
        assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(result.reason()).contains("found no cluster").contains("certificates");
        assertThatThrownBy(
                () ->
                    RunClient.connect(
                        ConfigFactory.parseMap(uncertified)
                            .withFallback(ConfigFactory.parseMap(cluster.settings()))))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("answers at");
      }
      assertThat(cluster.awaitTraining(2).workers()).hasSize(2);
    }
  }

  @Test
  void shouldTrainOverAeron() {
    try (LocalCluster cluster =
        aCluster(folder).set("troupe.node.transport", "aeron-udp").start(2)) {
      cluster.awaitTraining(2);
      cluster.node(1).kill();
      cluster.awaitTraining(1);
      cluster.ledger().assertAtMostTheStepInFlightRepeated();
    }
  }
}
