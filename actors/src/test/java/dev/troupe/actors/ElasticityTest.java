package dev.troupe.actors;

import static dev.troupe.actors.local.LocalCluster.aCluster;
import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.actors.RunResult.Outcome;
import dev.troupe.actors.RunStatus.Incident;
import dev.troupe.actors.RunStatus.State;
import dev.troupe.actors.local.LocalCluster;
import dev.troupe.actors.local.LocalCluster.LocalNode;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Workers come, go, hang and fail while the run goes on. */
@Timeout(120)
class ElasticityTest {
  private static final Map<String, Object> ONLY_COORDINATES =
      Map.of("troupe.node.roles", List.of("coordinator"), "troupe.node.workers", 0);
  private static final Map<String, Object> ONLY_WORKS =
      Map.of("troupe.node.roles", List.of("worker"));

  @TempDir Path folder;

  @Test
  void shouldTrainAllStepsWithSeveralWorkersInOneProcess() {
    try (LocalCluster cluster = aCluster(folder).steps(30).set("troupe.node.workers", 3).start(1)) {
      assertThat(cluster.node(0).result().outcome()).isEqualTo(Outcome.FINISHED);
      cluster.ledger().assertEveryStepOnce();
      assertThat(cluster.ledger().steps()).hasSize(30).allMatch(line -> line[2].equals("3"));
      cluster.ledger().assertFinalWeights(3);
    }
  }

  @Test
  void shouldGoOnWithoutAKilledWorker() {
    try (LocalCluster cluster = aCluster(folder).start(3)) {
      cluster.awaitTraining(3);
      cluster.node(2).kill();
      RunStatus status = cluster.awaitTraining(2);
      cluster.ledger().assertAtMostTheStepInFlightRepeated();
      Incident last = status.incidents().get(status.incidents().size() - 1);
      assertThat(last.left()).containsExactly(cluster.node(2).worker());
      assertThat(last.planned()).isFalse();
      assertThat(last.detectedMillis()).isPositive().isLessThanOrEqualTo(last.formedMillis());
      assertThat(last.joinedMillis()).isBetween(last.formedMillis(), last.committedMillis());
    }
  }

  @Test
  void shouldGoOnWithOneOfTwoNodes() {
    try (LocalCluster cluster = aCluster(folder).start(2)) {
      cluster.awaitTraining(2);
      cluster.node(0).kill();
      cluster.awaitTraining(1);
      cluster.ledger().assertAtMostTheStepInFlightRepeated();
    }
  }

  @Test
  void shouldNotPauseWhenTheCoordinatorDies() {
    try (LocalCluster cluster = aCluster(folder).start(0)) {
      LocalNode first = cluster.addNode(ONLY_COORDINATES);
      cluster.addNode(ONLY_WORKS);
      cluster.addNode(ONLY_WORKS);
      cluster.addNode(ONLY_COORDINATES);
      long generation = cluster.awaitTraining(2).generation();
      first.kill();
      RunStatus after =
          cluster.await(
              "a new coordinator",
              status -> status.term() == 2 && status.state() == State.TRAINING);
      assertThat(after.generation()).isEqualTo(generation);
      assertThat(cluster.awaitTraining(2).generation()).isEqualTo(generation);
      cluster.ledger().assertEveryStepOnce();
      cluster.node(2).kill();
      cluster.awaitTraining(1);
      cluster.ledger().assertAtMostTheStepInFlightRepeated();
    }
  }

  @Test
  void shouldRecoverWhenCoordinatorAndRankZeroDieTogether() {
    try (LocalCluster cluster = aCluster(folder).start(3)) {
      RunStatus before = cluster.awaitTraining(3);
      assertThat(before.coordinator()).isEqualTo(cluster.node(0).address());
      assertThat(before.workers().get(0).name()).isEqualTo(cluster.node(0).worker());
      cluster.node(0).kill();
      RunStatus after = cluster.awaitTraining(2);
      assertThat(after.term()).isEqualTo(2);
      cluster.ledger().assertAtMostTheStepInFlightRepeated();
    }
  }

  @Test
  void shouldTakeInANewcomerWithoutLosingAStep() {
    try (LocalCluster cluster = aCluster(folder).start(1)) {
      cluster.awaitTraining(1);
      cluster.addNode();
      cluster.awaitTraining(2);
      cluster.addNode();
      cluster.awaitTraining(3);
      cluster.ledger().assertEveryStepOnce();
    }
  }

  @Test
  void shouldLoseNoStepWhenAWorkerLeavesPolitely() {
    try (LocalCluster cluster = aCluster(folder).start(3)) {
      cluster.awaitTraining(3);
      cluster.node(0).drain();
      assertThat(cluster.node(0).result().outcome()).isEqualTo(Outcome.DRAINED);
      RunStatus status = cluster.awaitTraining(2);
      assertThat(status.workers()).noneMatch(w -> w.name().equals(cluster.node(0).worker()));
      cluster.ledger().assertEveryStepOnce();
    }
  }

  @Test
  void shouldLeaveOutAHungWorkerAndTakeItBackWhenItWakes() {
    try (LocalCluster cluster = aCluster(folder).start(3)) {
      cluster.awaitTraining(3);
      String hung = cluster.node(1).worker();
      CountDownLatch release = cluster.faults().hangSoon(hung);
      RunStatus without = cluster.awaitTraining(2);
      assertThat(without.incidents())
          .last()
          .satisfies(incident -> assertThat(incident.cause()).contains(hung).contains("hangs"));
      release.countDown();
      cluster.awaitTraining(3);
      cluster.ledger().assertAtMostTheStepInFlightRepeated();
    }
  }

  @Test
  void shouldFormNoClusterOfItsOwnWhileItsRunLivesElsewhere() throws IOException {
    String cutOff = "127.0.0.1:1";
    Path living = Files.createDirectories(folder.resolve("nodes")).resolve("127.0.0.1_1");
    Files.writeString(living, cutOff + "\nmember\n");
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    try (LocalCluster cluster = aCluster(folder).start(0)) {
      cluster.addNode(
          Map.of(
              "troupe.node.port",
              port,
              "troupe.node.seed-nodes",
              List.of("127.0.0.1:" + port, cutOff)));
      // A first seed node that nobody answers forms its cluster after three seconds.
      long patience = System.nanoTime() + Duration.ofSeconds(6).toNanos();
      while (System.nanoTime() < patience) {
        assertThat(cluster.status()).isNull();
      }
      Files.delete(living);
      cluster.awaitTraining(1);
    }
  }

  @Test
  void shouldPromoteASpareWhenAWorkerDies() {
    try (LocalCluster cluster = aCluster(folder).set("troupe.run.max-workers", 2).start(3)) {
      cluster.awaitTraining(2);
      RunStatus status =
          cluster.await(
              "a spare", s -> s.workers().stream().anyMatch(w -> w.state().equals("spare")));
      String member = status.workers().get(1).name();
      cluster.nodeOf(member).kill();
      RunStatus after =
          cluster.await(
              "the spare trains",
              s ->
                  s.state() == State.TRAINING
                      && s.workers().size() == 2
                      && s.workers().get(1).rank() == 1);
      assertThat(after.workers()).noneMatch(w -> w.name().equals(member));
      cluster.awaitTraining(2);
      cluster.ledger().assertAtMostTheStepInFlightRepeated();
    }
  }

  @Test
  void shouldPauseBelowMinWorkers() {
    try (LocalCluster cluster = aCluster(folder).set("troupe.run.min-workers", 2).start(2)) {
      cluster.awaitTraining(2);
      cluster.node(1).kill();
      RunStatus paused =
          cluster.await("the run pauses", status -> status.state() == State.AWAITING_WORKERS);
      assertThat(paused.note()).contains("1 of at least 2 workers");
      cluster.addNode();
      cluster.awaitTraining(2);
      cluster.ledger().assertAtMostTheStepInFlightRepeated();
    }
  }

  @Test
  void shouldRefuseANodeWithOtherSettingsAndNameThem() {
    try (LocalCluster cluster = aCluster(folder).start(1)) {
      cluster.awaitTraining(1);
      LocalNode other = cluster.addNode(Map.of("test.model", "huge"));
      RunResult result = other.result();
      assertThat(result.outcome()).isEqualTo(Outcome.REFUSED);
      assertThat(result.reason()).contains("model: huge (expected: tiny").doesNotContain("batch");
      cluster.awaitTraining(1);
    }
  }

  @Test
  void shouldStartAWorkerAnewThatFailedByItsOwnFault() {
    try (LocalCluster cluster = aCluster(folder).start(2)) {
      cluster.awaitTraining(2);
      cluster.faults().failSoon(cluster.node(1).worker(), "out of memory");
      RunStatus status =
          cluster.await(
              "the fault is seen",
              s -> s.incidents().stream().anyMatch(i -> i.cause().contains("out of memory")));
      assertThat(status).isNotNull();
      cluster.awaitTraining(2);
      cluster.ledger().assertAtMostTheStepInFlightRepeated();
    }
  }

  @Test
  void shouldEndTheRunWhenItsOnlyWorkerFails() {
    try (LocalCluster cluster = aCluster(folder).start(1)) {
      cluster.awaitTraining(1);
      cluster.faults().failSoon(cluster.node(0).worker(), "no such kernel");
      RunResult result = cluster.node(0).result();
      assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
      assertThat(result.reason()).contains("no such kernel");
    }
  }

  @Test
  void shouldEndTheRunForAllWhenItIsHopeless() {
    try (LocalCluster cluster = aCluster(folder).start(2)) {
      cluster.awaitTraining(2);
      cluster.faults().failSoon(cluster.node(1).worker(), "run:1,204 of 7,264 samples are broken");
      for (int node = 0; node < 2; node++) {
        RunResult result = cluster.node(node).result();
        assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
        assertThat(result.reason()).contains("1,204 of 7,264 samples are broken");
      }
    }
  }

  @Test
  void shouldStopWithTheReasonWhenNoGenerationCommits() {
    try (LocalCluster cluster =
        aCluster(folder)
            .set("troupe.run.max-generations-without-commit", 4)
            .set("troupe.quarantine.failures", 0)
            .start(2)) {
      cluster.awaitTraining(2);
      cluster.faults().neverJoins(cluster.node(0).worker());
      cluster.faults().neverJoins(cluster.node(1).worker());
      cluster.addNode();
      RunResult result = cluster.node(0).result();
      assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
      assertThat(result.reason()).contains("4 generations in a row committed no step");
    }
  }

  @Test
  void shouldQuarantineANodeThatJoinsNoGroup() {
    try (LocalCluster cluster = aCluster(folder).set("troupe.quarantine.failures", 3).start(2)) {
      cluster.awaitTraining(2);
      cluster.faults().neverJoins("*");
      LocalNode broken = cluster.addNode();
      assertThat(broken.result().reason()).contains("quarantined").contains("3 failures");
      RunStatus status = cluster.awaitTraining(2);
      assertThat(status.quarantined())
          .singleElement()
          .satisfies(entry -> assertThat(entry.node()).isEqualTo(broken.address()));
      cluster.ledger().assertAtMostTheStepInFlightRepeated();
    }
  }

  @Test
  void shouldQuarantineAWorkerThatAloneIsNotFinite() {
    try (LocalCluster cluster = aCluster(folder).start(3)) {
      cluster.awaitTraining(3);
      String poisonous = cluster.node(2).worker();
      cluster.faults().notFiniteFromNowOn(poisonous);
      RunResult result = cluster.node(2).result();
      assertThat(result.outcome()).isEqualTo(Outcome.REFUSED);
      assertThat(result.reason()).contains("not finite");
      cluster.awaitTraining(2);
      cluster.ledger().assertEveryStepOnce();
    }
  }

  @Test
  void shouldStopWithTheReasonWhenNoRankIsFinite() {
    try (LocalCluster cluster =
        aCluster(folder).set("troupe.run.max-steps-without-commit", 10).start(2)) {
      cluster.awaitTraining(2);
      cluster.faults().notFiniteFromNowOn(cluster.node(0).worker());
      cluster.faults().notFiniteFromNowOn(cluster.node(1).worker());
      RunResult result = cluster.node(1).result();
      assertThat(result.outcome()).isEqualTo(Outcome.FAILED);
      assertThat(result.reason()).contains("gradients are not finite");
    }
  }

  @Test
  void shouldTakeACheckpointWhenAllAreAskedToLeave() {
    try (LocalCluster cluster = aCluster(folder).start(2)) {
      cluster.awaitTraining(2);
      cluster.node(0).drain();
      cluster.node(1).drain();
      assertThat(cluster.node(0).result().exitCode()).isZero();
      assertThat(cluster.node(1).result().exitCode()).isZero();
      cluster.ledger().assertEveryStepOnce();
      cluster.ledger().assertCheckpointOfTheLastStep();
    }
  }

  @Test
  void shouldGoOnFromTheCheckpointWhenNobodyHoldsTheState() {
    try (LocalCluster cluster = aCluster(folder).set("troupe.run.max-workers", 1).start(2)) {
      cluster.awaitTraining(1);
      cluster.await("a spare", s -> s.workers().size() == 2);
      cluster.checkpoint();
      LocalNode trains = cluster.nodeOf(cluster.status().workers().get(0).name());
      trains.kill();
      RunStatus status = cluster.awaitTraining(1);
      assertThat(status.workers().get(0).name()).isNotEqualTo(trains.worker());
      long checkpoint = Long.parseLong(cluster.ledger().checkpoints().get(0)[0]);
      assertThat(cluster.ledger().steps())
          .anySatisfy(
              line -> {
                assertThat(Long.parseLong(line[0])).isEqualTo(checkpoint);
                assertThat(Long.parseLong(line[1])).isGreaterThan(1);
              });
    }
  }
}
