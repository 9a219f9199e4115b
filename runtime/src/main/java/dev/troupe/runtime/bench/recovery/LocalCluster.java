package dev.troupe.runtime.bench.recovery;

import com.typesafe.config.ConfigFactory;
import dev.troupe.actors.Answer;
import dev.troupe.actors.RunClient;
import dev.troupe.actors.RunStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A run of real processes on this machine, and what can be done to them. */
public final class LocalCluster implements AutoCloseable {
  private static final int SEEDS = 3;
  private static final Duration POLL = Duration.ofMillis(100);

  private final Class<?> main;
  private final String name;
  private final Path logs;
  private final List<String> flags;
  private final Hosts hosts;
  private final List<Integer> ports = new ArrayList<>();
  private final Map<Integer, ClusterNode> nodes = new TreeMap<>();
  private final List<ClusterNode> all = new ArrayList<>();
  private final CommitWatch watch;
  private RunClient client;

  /**
   * @param main the command line's entry
   * @param name the run's name
   * @param logs folder of runs
   * @param flags what every node is told: CONFIG and flags of {@code train}
   */
  public LocalCluster(Class<?> main, String name, Path logs, List<String> flags)
      throws IOException {
    this(main, name, logs, flags, Hosts.LOOPBACK);
  }

  LocalCluster(Class<?> main, String name, Path logs, List<String> flags, Hosts hosts)
      throws IOException {
    this.main = main;
    this.name = name;
    this.logs = logs;
    this.flags = flags;
    this.hosts = hosts;
    for (int i = 0; i < SEEDS; i++) {
      ports.add(freePort());
    }
    Files.createDirectories(folder());
    this.watch = new CommitWatch(folder());
  }

  /** The run's folder. */
  public Path folder() {
    return logs.resolve(name);
  }

  /** Commits as they are seen in the run's files. */
  public CommitWatch watch() {
    return watch;
  }

  /** Starts a node in the lowest free slot. */
  public ClusterNode start(String... more) throws IOException {
    int slot = 0;
    while (nodes.containsKey(slot)) {
      slot++;
    }
    while (ports.size() <= slot) {
      ports.add(freePort());
    }
    List<String> arguments = new ArrayList<>(List.of("train"));
    arguments.addAll(flags);
    arguments.addAll(List.of("--name", name, "--logs", logs.toString()));
    arguments.addAll(List.of("--seed-nodes", seeds(), "--host", hosts.address(slot)));
    arguments.addAll(List.of("--port", "" + ports.get(slot)));
    arguments.addAll(List.of(more));
    ClusterNode node = ClusterNode.start(main, hosts, slot, ports.get(slot), arguments, folder());
    nodes.put(slot, node);
    all.add(node);
    return node;
  }

  private String seeds() {
    return IntStream.range(0, SEEDS)
        .mapToObj(slot -> hosts.address(slot) + ":" + ports.get(slot))
        .collect(Collectors.joining(","));
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** The hosts that the nodes live on. */
  Hosts hosts() {
    return hosts;
  }

  /** Nodes that were started and not given up. */
  public Collection<ClusterNode> nodes() {
    return List.copyOf(nodes.values());
  }

  /** Forgets a node that was killed or has left, so that its slot is free. */
  public void giveUp(ClusterNode node) {
    nodes.remove(node.slot(), node);
  }

  /** Every process that ever ran. */
  public List<ClusterNode> everyNode() {
    return List.copyOf(all);
  }

  /**
   * Throws if a node that nobody touched is gone.
   *
   * @throws IllegalStateException with its last words
   */
  public void requireAlive() {
    for (ClusterNode node : nodes.values()) {
      if (!node.alive()) {
        throw new IllegalStateException(
            "node %s ended by itself with %d:\n%s"
                .formatted(node.address(), node.process().exitValue(), node.lastWords()));
      }
    }
  }

  /** The run as its coordinator sees it, if there is one that answers. */
  public Optional<RunStatus> status() throws InterruptedException {
    try {
      return Optional.of(client().status().toCompletableFuture().get(10, TimeUnit.SECONDS));
    } catch (ExecutionException | TimeoutException | IllegalStateException e) {
      closeClient();
      return Optional.empty();
    }
  }

  /** Asks the run to take a checkpoint and end. */
  public Answer stop() throws InterruptedException {
    try {
      return client().stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      return new Answer(false, e.toString());
    }
  }

  private RunClient client() {
    if (client == null) {
      Map<String, String> run =
          Map.of(
              "troupe.node.run",
              name,
              "troupe.node.run-dir",
              folder().toAbsolutePath().toString(),
              "troupe.node.host",
              hosts.here());
      client = RunClient.connect(ConfigFactory.parseMap(run).withFallback(ConfigFactory.load()));
    }
    return client;
  }

  private void closeClient() {
    if (client != null) {
      client.close();
      client = null;
    }
  }

  /** Waits until the group has so many members. */
  public void awaitMembers(int members, Duration patience) throws InterruptedException {
    await(
        "a group of " + members,
        patience,
        () -> status().map(LocalCluster::members).orElse(0) == members);
  }

  static int members(RunStatus status) {
    return status.state() == RunStatus.State.TRAINING
        ? (int) status.workers().stream().filter(worker -> worker.rank() >= 0).count()
        : 0;
  }

  /** Waits until so many steps more are committed than are now. */
  public void awaitSteps(long more, Duration patience) throws InterruptedException {
    long wanted = watch.lastStep() + more;
    await("step " + wanted, patience, () -> watch.lastStep() >= wanted);
  }

  /** Something to wait for. */
  interface Condition {
    boolean holds() throws InterruptedException;
  }

  void await(String what, Duration patience, Condition condition) throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!condition.holds()) {
      requireAlive();
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "%s: not within %d s; last step %d; status %s"
                .formatted(what, patience.toSeconds(), watch.lastStep(), status()));
      }
      Thread.sleep(POLL.toMillis());
    }
  }

  /** Ends every process, also those that are stopped. */
  @Override
  public void close() {
    closeClient();
    watch.close();
    all.forEach(node -> node.process().destroyForcibly());
  }
}
