package dev.troupe.runtime.bench.scale;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.troupe.actors.NodeSettings;
import dev.troupe.actors.RunClient;
import dev.troupe.actors.RunStatus;
import dev.troupe.actors.node.PekkoConfig;
import dev.troupe.runtime.log.Terminal;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.pekko.actor.PoisonPill;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/** Takes simulated workers through the life of a run, with one real coordinator. */
public final class ScaleBenchmark implements Closeable {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final double MIB = 1 << 20;

  /**
   * What is simulated.
   *
   * @param nodes nodes that the workers are spread over
   * @param processes processes that these are spread over
   * @param step duration of a step
   * @param steady how long the steady state is watched
   */
  public record Plan(int workers, int nodes, int processes, Duration step, Duration steady) {}

  private final Plan plan;
  private final Path folder;
  private final Switchboard switchboard;
  private final List<ScaleProcess> processes = new ArrayList<>();
  private final List<ScalePhase> phases = new ArrayList<>();
  private final Thread cleaner = new Thread(this::killAll);
  private ScaleProcess coordinator;
  private ScaleProcess standby;
  private List<String> seeds;
  private RunClient client;
  private ActorSystem<Void> outside;

  /**
   * @param folder where the processes log
   */
  public ScaleBenchmark(Plan plan, Path folder) throws IOException {
    this.plan = plan;
    this.folder = folder;
    this.switchboard = new Switchboard(plan.step());
    Runtime.getRuntime().addShutdownHook(cleaner);
  }

  /** Runs all phases, one after the other. */
  public List<ScalePhase> run() throws IOException, InterruptedException {
    startCoordinators();
    List<ScaleProcess> crews = new ArrayList<>();
    int nodes = plan.nodes() / plan.processes();
    for (int crew = 0; crew < plan.processes(); crew++) {
      crews.add(startCrew("crew-" + crew, nodes, plan.workers() / plan.nodes()));
    }
    int workers = nodes * plan.processes() * (plan.workers() / plan.nodes());
    say("%d workers on %d nodes warm up", workers, nodes * plan.processes());
    awaitWarm(crews, workers / plan.processes());
    awaitKnown(workers);
    phase("all join", workers, () -> crews.forEach(crew -> switchboard.go(crew.name())));
    steady(workers);

    int lost = Math.max(1, workers / 100);
    List<String> victims = victims(lost);
    phase("1% lost at once", workers - lost, () -> stopActors(victims));

    ScaleProcess spare = startCrew("replacements", 1, lost);
    awaitWarm(List.of(spare), lost);
    awaitKnown(workers);
    phase("replacements join", workers, () -> switchboard.go(spare.name()));

    int crewSize = workers / plan.processes();
    ScaleProcess victim = crews.get(crews.size() - 1);
    List<String> addresses = victim.awaitListening(nodes);
    int dead = crewSize - (int) victims.stream().filter(name -> isOn(addresses, name)).count();
    phase("a process with " + nodes + " nodes killed", workers - dead, victim::kill);
    failover(workers - dead);
    return phases;
  }

  private void startCoordinators() throws IOException, InterruptedException {
    say("a coordinator and one that stands by");
    coordinator = start("coordinator", 1, 0, settings(List.of(), "coordinator", 0));
    seeds = new ArrayList<>(coordinator.awaitListening(1));
    connect();
    awaitStatus("the coordinator", status -> status.state() != RunStatus.State.RECOVERING);
    standby = start("standby", 1, 0, settings(seeds, "coordinator", 0));
    seeds.addAll(standby.awaitListening(1));
  }

  private void connect() {
    Config config =
        ConfigFactory.parseString(settings(seeds, "worker", 1)).withFallback(ConfigFactory.load());
    client = RunClient.connect(config);
    NodeSettings node = NodeSettings.of(config);
    outside =
        ActorSystem.create(
            Behaviors.empty(), PekkoConfig.systemName(node), PekkoConfig.forClient(config, node));
  }

  private ScaleProcess startCrew(String name, int nodes, int workers)
      throws IOException, InterruptedException {
    ScaleProcess crew = start(name, nodes, switchboard.port(), settings(seeds, "worker", workers));
    crew.awaitListening(nodes);
    return crew;
  }

  private ScaleProcess start(String name, int nodes, int port, String settings) throws IOException {
    ScaleProcess process = ScaleProcess.start(name, nodes, port, settings, folder);
    processes.add(process);
    return process;
  }

  private String settings(List<String> seedNodes, String role, int workers) {
    return """
        troupe.node { run = scale, roles = [%s], workers = %d, seed-nodes = [%s] }
        troupe.run { samples-per-step = 32768, min-workers = %d }
        # A process here stands for many hosts.
        troupe.quarantine.failures = 0
        """
        .formatted(
            role,
            workers,
            seedNodes.stream().map(seed -> '"' + seed + '"').collect(Collectors.joining(", ")),
            1);
  }

  private void awaitWarm(List<ScaleProcess> crews, int workers) throws InterruptedException {
    for (ScaleProcess crew : crews) {
      switchboard.awaitWarm(crew.name(), workers, PATIENCE);
    }
  }

  private void awaitKnown(int workers) throws InterruptedException {
    awaitStatus(
        "the coordinator knows " + workers + " workers",
        status -> status.workers().size() >= workers);
  }

  /** Workers on several nodes, none of them rank 0. */
  private List<String> victims(int count) throws InterruptedException {
    List<String> names =
        new ArrayList<>(status().workers().stream().map(RunStatus.Worker::name).toList());
    names.remove(0);
    Collections.shuffle(names, new Random(1));
    return List.copyOf(names.subList(0, count));
  }

  private static boolean isOn(List<String> addresses, String worker) {
    return addresses.stream().anyMatch(node -> worker.startsWith(node + "/"));
  }

  /** Ends workers as a fault would: they say nothing, their group breaks. */
  private void stopActors(List<String> workers) {
    for (String worker : workers) {
      int slash = worker.indexOf('/');
      outside
          .classicSystem()
          .actorSelection(
              "pekko://%s@%s/user/node/worker-%s"
                  .formatted(
                      outside.name(), worker.substring(0, slash), worker.substring(slash + 1)))
          .tell(PoisonPill.getInstance(), org.apache.pekko.actor.ActorRef.noSender());
    }
  }

  // ---- phases ----

  private interface Event {
    void happen() throws IOException, InterruptedException;
  }

  /** Lets something happen and waits until a group of the right size has committed a step. */
  private void phase(String name, int workersAfter, Event event)
      throws IOException, InterruptedException {
    say("%s ...", name);
    RunStatus before = status();
    Duration cpu = coordinator.cpu();
    long start = System.nanoTime();
    event.happen();
    switchboard.awaitGroup(workersAfter, PATIENCE);
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpuSeconds = (coordinator.cpu().minus(cpu).toNanos()) / 1e9;
    awaitStatus(
        name,
        status ->
            status.state() == RunStatus.State.TRAINING
                && last(status) != null
                && last(status).committedMillis() > 0);
    RunStatus after = status();
    RunStatus.Incident incident = last(after);
    add(
        name,
        before.workers().size(),
        seconds,
        incident.formedMillis() - incident.detectedMillis(),
        incident.joinedMillis() - incident.formedMillis(),
        after.generation() - before.generation(),
        after.messages() - before.messages(),
        cpuSeconds);
  }

  private void steady(int workers) throws IOException, InterruptedException {
    say("steady state ...");
    long messages = status().messages();
    Duration cpu = coordinator.cpu();
    long start = System.nanoTime();
    Thread.sleep(plan.steady().toMillis());
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpuSeconds = coordinator.cpu().minus(cpu).toNanos() / 1e9;
    add(
        "steady state",
        workers,
        seconds,
        Double.NaN,
        Double.NaN,
        0,
        status().messages() - messages,
        cpuSeconds);
  }

  /** Kills the coordinator's process; the group must not notice. */
  private void failover(int workers) throws IOException, InterruptedException {
    say("the coordinator killed ...");
    long generation = status().generation();
    Duration cpu = standby.cpu();
    long start = System.nanoTime();
    coordinator.kill();
    coordinator = standby;
    client.close();
    client = null;
    RunStatus after = null;
    while (after == null
        || after.term() < 2
        || after.state() != RunStatus.State.TRAINING
        || after.workers().stream().filter(worker -> worker.rank() >= 0).count() != workers) {
      requireTime(start, "a new coordinator");
      Thread.sleep(500);
      after = statusIfAny();
    }
    if (after.generation() != generation) {
      say("NOT SOUND: generation %d became %d", generation, after.generation());
    }
    add(
        "the coordinator killed",
        workers,
        (System.nanoTime() - start) / 1e9,
        Double.NaN,
        Double.NaN,
        after.generation() - generation,
        after.messages(),
        standby.cpu().minus(cpu).toNanos() / 1e9);
  }

  private void add(
      String name,
      int workers,
      double seconds,
      double regroupMillis,
      double joinMillis,
      long generations,
      long messages,
      double cpuSeconds)
      throws IOException {
    phases.add(
        new ScalePhase(
            workers,
            name,
            seconds,
            regroupMillis,
            joinMillis,
            generations,
            messages,
            messages / seconds,
            cpuSeconds,
            cpuSeconds / seconds,
            coordinator.heapBytes() / MIB,
            coordinator.residentBytes() / MIB));
  }

  // ---- the run's status ----

  private static RunStatus.Incident last(RunStatus status) {
    List<RunStatus.Incident> all = status.incidents();
    return all.isEmpty() ? null : all.get(all.size() - 1);
  }

  private interface Wanted {
    boolean in(RunStatus status);
  }

  private void awaitStatus(String what, Wanted wanted) throws InterruptedException {
    long start = System.nanoTime();
    RunStatus status = statusIfAny();
    while (status == null || !wanted.in(status)) {
      requireTime(start, what);
      Thread.sleep(500);
      status = statusIfAny();
    }
  }

  private void requireTime(long start, String what) {
    if (System.nanoTime() - start > PATIENCE.toNanos()) {
      throw new IllegalStateException(
          "%s: not within %d s; what the processes said is in %s"
              .formatted(what, PATIENCE.toSeconds(), folder));
    }
  }

  private RunStatus status() throws InterruptedException {
    RunStatus status = statusIfAny();
    while (status == null) {
      status = statusIfAny();
    }
    return status;
  }

  private RunStatus statusIfAny() throws InterruptedException {
    try {
      if (client == null) {
        client =
            RunClient.connect(
                ConfigFactory.parseString(settings(seeds, "worker", 1))
                    .withFallback(ConfigFactory.load()));
      }
      return client.status().toCompletableFuture().get(10, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException | IllegalStateException e) {
      if (client != null) {
        client.close();
        client = null;
      }
      return null;
    }
  }

  private void say(String format, Object... values) {
    Terminal.error().line("%d workers: %s".formatted(plan.workers(), format.formatted(values)));
  }

  private void killAll() {
    processes.forEach(ScaleProcess::close);
  }

  @Override
  public void close() throws IOException {
    killAll();
    Runtime.getRuntime().removeShutdownHook(cleaner);
    switchboard.close();
    if (client != null) {
      client.close();
    }
    if (outside != null) {
      outside.terminate();
    }
  }
}
