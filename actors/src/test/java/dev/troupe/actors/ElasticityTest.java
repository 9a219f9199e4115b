package dev.troupe.actors;

import static dev.troupe.actors.local.LocalCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.actors.RunResult.Outcome;
import dev.troupe.actors.local.LocalCluster;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class ElasticityTest {
  @TempDir Path folder;

  @Test
  void shouldTrainAllStepsInOneProcess() {
    try (LocalCluster cluster = aCluster(folder).steps(20).start(1)) {
      assertThat(cluster.node(0).result().outcome()).isEqualTo(Outcome.FINISHED);
      assertThat(cluster.lines("ledger")).hasSize(20);
    }
  }

  @Test
  void shouldGoOnWithoutAKilledWorker() {
    try (LocalCluster cluster = aCluster(folder).start(3)) {
      cluster.awaitTraining(3);
      cluster.node(2).kill();
      cluster.awaitTraining(2);
      System.out.println(cluster.status());
    }
  }
}
