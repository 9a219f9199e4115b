package dev.troupe.actors.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.troupe.actors.LivenessSettings;
import dev.troupe.actors.NodeSettings;
import dev.troupe.actors.QuarantineSettings;
import dev.troupe.actors.RunSettings;
import dev.troupe.actors.RunStatus;
import dev.troupe.actors.RunStatus.State;
import dev.troupe.actors.Transport;
import dev.troupe.actors.node.ClusterNodes;
import dev.troupe.actors.node.NodeProbe;
import dev.troupe.actors.node.PekkoConfig;
import dev.troupe.actors.protocol.CoordinatorCommand;
import dev.troupe.actors.protocol.CoordinatorMessage;
import dev.troupe.actors.protocol.CoordinatorMessage.WorkerCard;
import dev.troupe.actors.protocol.Exit;
import dev.troupe.actors.protocol.Phase;
import dev.troupe.actors.protocol.RunMemory;
import dev.troupe.actors.protocol.WorkerCommand;
import dev.troupe.actors.protocol.WorkerMessage;
import dev.troupe.actors.task.Activity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The coordinator among many workers, which this test speaks for. */
@Timeout(180)
class CoordinatorScaleTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Map<String, String> FACTS = Map.of("model", "tiny");

  private record Heard(String worker, WorkerCommand message) {}

  private final Config config =
      ConfigFactory.parseString("troupe.liveness.recovery-window = 200ms")
          .withFallback(ConfigFactory.load());
  private final ActorTestKit kit =
      ActorTestKit.create("troupe-scale", PekkoConfig.forNode(config, NodeSettings.of(config), 0));
  private final NodeProbe probe = new NodeProbe(Transport.TCP);
  private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
  private final Map<String, ActorRef<WorkerCommand>> workers = new LinkedHashMap<>();
  private final TestProbe<RunStatus> statuses = kit.createTestProbe();
  private Run run;
  private ActorRef<CoordinatorCommand> coordinator;

  private void start() throws Exception {
    Cluster cluster = Cluster.get(kit.system());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    CoordinatorSettings settings =
        new CoordinatorSettings(
            "scale",
            RunSettings.of(config),
            LivenessSettings.of(config),
            QuarantineSettings.of(config));
    CompletableFuture<Run> started = new CompletableFuture<>();
    coordinator = kit.spawn(Coordinator.create(settings, probe, started::complete));
    run = started.get(10, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
    probe.close();
  }

  // ---- what the workers do ----

  private void enter(int count) {
    for (int i = 0; i < count; i++) {
      String name = address() + "/" + i;
      workers.put(
          name,
          kit.spawn(
              Behaviors.receiveMessage(
                  message -> {
                    heard.add(new Heard(name, message));
                    return Behaviors.same();
                  })));
      register(name, Phase.WARMING_UP, Map.of());
    }
    for (String name : workers.keySet()) {
      register(name, Phase.IDLE, FACTS);
      idle(name, 0, Exit.NEW);
    }
  }

  /** All are of this node, which stays in the cluster. */
  private String address() {
    return ClusterNodes.hostAndPort(Cluster.get(kit.system()).selfMember().address());
  }

  private void register(String name, Phase phase, Map<String, String> facts) {
    coordinator.tell(
        new CoordinatorMessage.Register(
            new WorkerCard(
                name,
                address(),
                name,
                1,
                phase,
                false,
                facts,
                0,
                -1,
                0,
                0,
                0,
                0,
                RunMemory.EMPTY,
                null),
            workers.get(name)));
  }

  private void idle(String name, long generation, Exit exit) {
    coordinator.tell(
        new CoordinatorMessage.Idle(name, generation, exit, 10, "host:1", "closed by peer", -1));
  }

  private void progress(long generation, long steps) {
    for (String name : workers.keySet()) {
      coordinator.tell(
          new CoordinatorMessage.Progress(
              name, generation, steps, 1.0, 1.0, 0.5, Activity.WAITING));
    }
  }

  /** Waits until so many were told to join this generation, each once; then they join. */
  private void join(long generation, int size) throws InterruptedException {
    Set<String> told = new HashSet<>();
    Set<Integer> ranks = new HashSet<>();
    while (told.size() < size) {
      Heard next = heard.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(next).as("%d of %d were told to join", told.size(), size).isNotNull();
      if (next.message() instanceof WorkerMessage.Form form) {
        assertThat(form.generation()).isEqualTo(generation);
        assertThat(form.worldSize()).isEqualTo(size);
        assertThat(told.add(next.worker())).as(next.worker() + " is told once").isTrue();
        assertThat(ranks.add(form.rank())).as("rank " + form.rank() + " is given once").isTrue();
        coordinator.tell(
            new CoordinatorMessage.Joined(next.worker(), generation, 10 * generation, 0, 0));
      }
    }
  }

  private RunStatus status() {
    coordinator.tell(new CoordinatorMessage.AskStatus(statuses.getRef()));
    return statuses.receiveMessage(PATIENCE);
  }

  private RunStatus await(Predicate<RunStatus> wanted) {
    RunStatus[] last = new RunStatus[1];
    statuses.awaitAssert(
        PATIENCE,
        () -> {
          last[0] = status();
          assertThat(last[0]).matches(wanted);
          return null;
        });
    return last[0];
  }

  private static boolean isTraining(RunStatus status) {
    return status.state() == State.TRAINING;
  }

  // ---- what is promised ----

  @ParameterizedTest
  @ValueSource(ints = {40, 400})
  void shouldDoTheSameForAMessageWhateverTheNumberOfWorkers(int count) throws Exception {
    start();
    enter(count);
    join(1, count);
    await(CoordinatorScaleTest::isTraining);
    // Forming looks at everybody a few times; so does each status that was asked for.
    assertThat(run.roster.looks()).as("forming").isLessThan(100L * count);
    long looks = run.roster.looks();
    long messages = run.messages;
    int rounds = 20;
    for (int round = 1; round <= rounds; round++) {
      progress(1, 10 + round);
    }
    assertThat(status().messages()).isEqualTo(messages + (long) rounds * count);
    assertThat(run.roster.looks() - looks).as("training").isLessThanOrEqualTo(2L * count);
  }

  @Test
  void shouldFormOneGenerationWhenOneInAHundredIsLost() throws Exception {
    start();
    enter(200);
    join(1, 200);
    await(CoordinatorScaleTest::isTraining);
    progress(1, 11);
    long looks = run.roster.looks();
    for (String name : List.of(address() + "/24", address() + "/137")) {
      kit.stop(workers.remove(name));
    }
    for (String name : workers.keySet()) {
      idle(name, 1, Exit.BROKEN);
    }
    join(2, 198);
    progress(2, 21);
    RunStatus after = await(CoordinatorScaleTest::isTraining);
    assertThat(after.generation()).isEqualTo(2);
    assertThat(after.workers()).hasSize(198);
    assertThat(run.roster.looks() - looks).isLessThan(100L * 200);
    List<Heard> rest = new ArrayList<>(heard);
    assertThat(rest).noneMatch(said -> said.message() instanceof WorkerMessage.Form);
    assertThat(status().generation()).isEqualTo(2);
  }
}
