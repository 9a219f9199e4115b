package dev.troupe.actors.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.troupe.actors.Answer;
import dev.troupe.actors.CborSerializable;
import dev.troupe.actors.RunResult;
import dev.troupe.actors.RunResult.Outcome;
import dev.troupe.actors.RunStatus;
import dev.troupe.actors.RunStatus.Incident;
import dev.troupe.actors.RunStatus.Quarantined;
import dev.troupe.actors.protocol.CoordinatorMessage.WorkerCard;
import dev.troupe.actors.protocol.RunMemory.Failure;
import dev.troupe.actors.task.Activity;
import dev.troupe.actors.task.Wish;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.serialization.Serialization;
import org.apache.pekko.serialization.SerializationExtension;
import org.apache.pekko.serialization.jackson.JacksonCborSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Whatever crosses nodes arrives as it was sent. */
class ProtocolSerializationTest {
  private static final Config CONFIG =
      ConfigFactory.load()
          .getConfig("troupe.pekko")
          .atPath("pekko")
          .withFallback(ConfigFactory.load());
  private static final ActorTestKit KIT = ActorTestKit.create("protocol", CONFIG);

  private static final RunResult RESULT = new RunResult(Outcome.STOPPED, 12, "asked to stop");
  private static final RunMemory MEMORY =
      new RunMemory(
          List.of(new Failure("host:1", 7, "hangs")),
          List.of(new Quarantined("host:2", "5 failures", 8)),
          3);

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
  }

  private static <T> ActorRef<T> someone() {
    return KIT.<T>createTestProbe().getRef();
  }

  private static List<CborSerializable> samples() {
    WorkerCard card =
        new WorkerCard(
            "host:1/0",
            "host:1",
            "host",
            42,
            Phase.TRAINING,
            true,
            Map.of("model", "tiny"),
            3,
            1,
            2,
            3,
            10,
            11,
            MEMORY,
            RESULT);
    RunStatus status =
        new RunStatus(
            "run",
            RunStatus.State.TRAINING,
            "",
            "host:1",
            2,
            1234,
            3,
            10,
            Double.NaN,
            0.5,
            64,
            List.of(
                new RunStatus.Worker("host:1/0", 42, "training", 0, 10, 0.5, Double.NaN, true, "")),
            MEMORY.quarantined(),
            List.of(
                new Incident(
                    3,
                    "host:2/0 is gone",
                    false,
                    List.of("host:2/0"),
                    List.of(),
                    1,
                    2,
                    3,
                    4,
                    5,
                    0.1,
                    1)));
    return List.of(
        new CoordinatorMessage.Hello(2, "host:1", "host", 8, someone()),
        new CoordinatorMessage.Outranked(3),
        new CoordinatorMessage.Register(card, someone()),
        new CoordinatorMessage.Progress("host:1/0", 3, 10, Double.NaN, 0.5, 0.4, Activity.WAITING),
        new CoordinatorMessage.Alive("host:1/0", 3, 4, Activity.COMPUTING, 2000),
        new CoordinatorMessage.Idle("host:1/0", 3, Exit.BROKEN, 10, "host:5", "closed", 2),
        new CoordinatorMessage.Joined("host:1/0", 3, 10, 0.1, 0.2),
        new CoordinatorMessage.Stalled("host:1/0", 3, Activity.LOADING, 3000),
        new CoordinatorMessage.NotFinite("host:1/0", 3, 10, true),
        new CoordinatorMessage.Checkpointed("host:1/0", 3, 10),
        new CoordinatorMessage.Faulted("host:1/0", 3, "out of memory"),
        new CoordinatorMessage.Hopeless("host:1/0", "no data"),
        new CoordinatorMessage.Closed("host:1/0"),
        new CoordinatorMessage.MayCommit("host:1/0", 3, someone()),
        new CoordinatorMessage.AskStatus(someone()),
        new CoordinatorMessage.AskDrain("host:1/0", someone()),
        new CoordinatorMessage.AskCheckpoint(someone()),
        new CoordinatorMessage.AskStop("asked", someone()),
        new WorkerMessage.PleaseLeave(2),
        new WorkerMessage.Welcome(2, 10, 500),
        new WorkerMessage.Refused(2, "model: huge"),
        new WorkerMessage.Probe(2, 4),
        new WorkerMessage.Regroup(2, 3, 4),
        new WorkerMessage.Form(2, 4, 1, 3, "host:5", true, false, Wish.STOP, MEMORY),
        new WorkerMessage.Steer(2, 4, Wish.CHECKPOINT, "asked for"),
        new WorkerMessage.Evicted(2, 4, "hangs"),
        new WorkerMessage.Release(2),
        new WorkerMessage.RunOver(2, RESULT),
        new NodeMessage.Announce(2, someone(), "host:1"),
        new NodeMessage.ForWorkers(new WorkerMessage.Regroup(2, 3, 4)),
        new NodeMessage.Seats(
            new WorkerMessage.Form(2, 4, 1, 3, "host:5", true, false, Wish.NONE, MEMORY),
            List.of(new NodeMessage.Seat("host:1/0", 0, true))),
        new NodeMessage.Leave(2, RESULT),
        new NodeMessage.AmIMember("host:1", -7, someone()),
        new NodeMessage.Known(true),
        new NodeMessage.FindCoordinator(someone()),
        new NodeMessage.Found("run", someone()),
        new CoordinatorMessage.Verdict(true),
        new Answer(true, "done"),
        status);
  }

  @Test
  void shouldCarryEveryMessageOfTheProtocol() {
    List<CborSerializable> samples = samples();
    for (CborSerializable sample : samples) {
      assertThat(KIT.serializationTestKit().verifySerialization(sample, true)).isEqualTo(sample);
      assertThat(SerializationExtension.get(KIT.system().classicSystem()).findSerializerFor(sample))
          .isInstanceOf(JacksonCborSerializer.class);
    }
    List<Class<?>> carried = new ArrayList<>();
    samples.forEach(sample -> carried.add(sample.getClass()));
    Stream.of(CoordinatorMessage.class, WorkerMessage.class, NodeMessage.class)
        .flatMap(protocol -> Stream.of(protocol.getPermittedSubclasses()))
        .forEach(message -> assertThat(carried).as("a sample of each message").contains(message));
  }

  @Test
  void shouldFitTheStatusOfFourThousandWorkersIntoAFrame() throws Exception {
    Random random = new Random(5);
    List<RunStatus.Worker> workers = new ArrayList<>();
    for (int rank = 0; rank < 4096; rank++) {
      String name = "10.0.%d.%d:7355/%d".formatted(rank / 2048, rank / 8 % 256, rank % 8);
      long pid = 1000 + random.nextInt(100_000);
      float own = random.nextFloat();
      workers.add(new RunStatus.Worker(name, pid, "training", rank, 123_456, 0.5f, own, false, ""));
    }
    List<String> names = workers.subList(0, 16).stream().map(RunStatus.Worker::name).toList();
    List<Incident> incidents = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      long at = 1_700_000_000_000L + random.nextInt(1_000_000_000);
      String cause = String.join(" is gone: its node left the cluster; ", names.subList(0, 8));
      incidents.add(
          new Incident(i, cause, false, names, names, at, at + 1, at + 2, at + 3, at + 4, 0, 4096));
    }
    RunStatus status =
        new RunStatus(
            "run",
            RunStatus.State.TRAINING,
            "",
            "host:1",
            2,
            1234,
            3,
            10,
            1,
            1,
            64,
            workers,
            List.of(),
            incidents);
    Serialization serialization = SerializationExtension.get(KIT.system().classicSystem());
    assertThat(serialization.serialize(status).get())
        .hasSizeLessThan(
            (int) (0.9 * CONFIG.getBytes("pekko.remote.artery.advanced.maximum-frame-size")));
  }

  @Test
  void shouldSayWhoDoesNotKnowTheCoordinator() {
    NodeMessage.Found unknown = new NodeMessage.Found("run", null);
    assertThat(KIT.serializationTestKit().verifySerialization(unknown, true)).isEqualTo(unknown);
  }
}
