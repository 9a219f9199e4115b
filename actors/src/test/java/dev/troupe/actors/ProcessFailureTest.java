package dev.troupe.actors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.actors.RunStatus.Worker;
import dev.troupe.actors.local.ProcessCluster;
import dev.troupe.actors.local.ProcessCluster.NodeHandle;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, real signals. */
@Timeout(240)
class ProcessFailureTest {
  private static final Map<String, Object> BOTH = Map.of();
  private static final Map<String, Object> ONLY_COORDINATES =
      Map.of("troupe.node.roles", List.of("coordinator"), "troupe.node.workers", 0);
  private static final Map<String, Object> ONLY_WORKS =
      Map.of("troupe.node.roles", List.of("worker"));

  @TempDir Path folder;

  @Test
  void shouldLoseNoCommittedStepToKills() {
    Random random = new Random(7);
    try (ProcessCluster cluster = new ProcessCluster(folder)) {
      for (int node = 0; node < 3; node++) {
        cluster.addNode(BOTH);
      }
      cluster.awaitTraining(3);
      for (int kill = 0; kill < 4; kill++) {
        List<NodeHandle> alive = cluster.alive();
        alive.get(random.nextInt(alive.size())).signal("KILL");
        cluster.awaitTraining(2);
        cluster.addNode(BOTH);
        cluster.awaitTraining(3);
        cluster.ledger().assertAtMostTheStepInFlightRepeated();
      }
      cluster.stop();
      cluster.ledger().assertAtMostTheStepInFlightRepeated();
      cluster.ledger().assertCheckpointOfTheLastStep();
      cluster.ledger().assertFinalWeights(3);
    }
  }

  @Test
  void shouldTrainOnWhileTheCoordinatorIsReplacedAndLeaveOutAStoppedProcess() {
    try (ProcessCluster cluster = new ProcessCluster(folder)) {
      NodeHandle coordinator = cluster.addNode(ONLY_COORDINATES);
      cluster.addNode(ONLY_WORKS);
      cluster.addNode(ONLY_WORKS);
      NodeHandle stopped = cluster.addNode(ONLY_WORKS);
      cluster.addNode(ONLY_COORDINATES);
      long generation = cluster.awaitTraining(3).generation();
      coordinator.signal("KILL");
      RunStatus after = cluster.await("a new coordinator", status -> status.term() == 2);
      assertThat(cluster.awaitTraining(3).generation()).isEqualTo(generation);
      assertThat(after.coordinator()).isNotEqualTo(coordinator.address());
      cluster.ledger().assertEveryStepOnce();

      stopped.signal("STOP");
      RunStatus without = cluster.awaitTraining(2);
      assertThat(without.incidents())
          .last()
          .satisfies(
              incident ->
                  assertThat(incident.cause()).contains(stopped.address()).contains("hangs"));
      stopped.signal("CONT");
      RunStatus again = cluster.awaitTraining(3);
      assertThat(again.workers()).extracting(Worker::pid).contains(stopped.pid());
      cluster.ledger().assertAtMostTheStepInFlightRepeated();
    }
  }

  @Test
  void shouldTakeInANodeThatOnlyADeadOneKnewOf() {
    Map<String, Object> patient =
        Map.of("troupe.pekko.cluster.failure-detector.acceptable-heartbeat-pause", "60s");
    Map<String, Object> quiet = new HashMap<>(patient);
    quiet.put("troupe.pekko.cluster.gossip-interval", "1h");
    Map<String, Object> newcomer = new HashMap<>(patient);
    try (ProcessCluster cluster = new ProcessCluster(folder)) {
      NodeHandle survivor = cluster.addNode(patient);
      NodeHandle host = cluster.addNode(quiet);
      cluster.awaitTraining(2);
      survivor.signal("STOP");
      newcomer.put("troupe.node.seed-nodes", List.of(host.address()));
      cluster.addNode(newcomer);
      cluster.awaitLog(2, "Welcome from");
      host.signal("KILL");
      survivor.signal("CONT");
      cluster.awaitTraining(2);
      assertThat(cluster.log(2)).contains("it joins anew");
      cluster.ledger().assertAtMostTheStepInFlightRepeated();
    }
  }

  @Test
  void shouldLeaveOnSigtermAndSaveWhenTheLastOneGoes() {
    try (ProcessCluster cluster = new ProcessCluster(folder)) {
      NodeHandle first = cluster.addNode(BOTH);
      NodeHandle second = cluster.addNode(BOTH);
      cluster.awaitTraining(2);
      first.signal("TERM");
      first.assertEndsInOrder();
      cluster.awaitTraining(1);
      second.signal("TERM");
      second.assertEndsInOrder();
      cluster.ledger().assertEveryStepOnce();
      cluster.ledger().assertCheckpointOfTheLastStep();
    }
  }
}
