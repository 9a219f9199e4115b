package dev.troupe.runtime.bench.recovery;

import dev.troupe.actors.RunStatus;
import dev.troupe.actors.RunStatus.Incident;
import dev.troupe.runtime.bench.recovery.CommitWatch.Commit;
import dev.troupe.runtime.log.Terminal;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Does things to a cluster and measures what follows. */
public final class Chaos {
  private static final Duration START = Duration.ofMinutes(3);
  private static final Duration RECOVERY = Duration.ofMinutes(2);
  private static final int STEPS_OF_MEDIAN = 30;

  private final LocalCluster cluster;
  private final Random random;
  private final Duration pause;
  private final List<Fault> faults = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();
  private final Map<String, Double> figures = new LinkedHashMap<>();
  private ClusterNode apart;

  /**
   * @param seed which nodes are hit
   * @param pause how long a node is stopped or cut off
   */
  Chaos(LocalCluster cluster, long seed, Duration pause) {
    this.cluster = cluster;
    this.pause = pause;
    this.random = new Random(seed);
  }

  LocalCluster cluster() {
    return cluster;
  }

  List<Fault> faults() {
    return faults;
  }

  /** Measurements other than of faults, by name. */
  Map<String, Double> figures() {
    return figures;
  }

  void note(String name, double figure) {
    figures.put(name, figure);
  }

  /** What must not happen and did, in words. */
  List<String> violations() {
    return violations;
  }

  /** Starts a coordinator without workers; nodes that are started from then on are workers only. */
  void setCoordinatorApart() throws IOException, InterruptedException {
    apart = cluster.start("--roles", "coordinator", "--workers-per-node", "0");
    cluster.await("the coordinator", START, () -> cluster.status().isPresent());
  }

  /** Starts nodes until so many have workers, and waits for the group of all of them. */
  void grow(int members) throws IOException, InterruptedException {
    while (workers().size() < members) {
      start();
    }
    cluster.awaitMembers(members, START);
  }

  private ClusterNode start() throws IOException {
    return apart == null ? cluster.start() : cluster.start("--roles", "worker");
  }

  /** Nodes that have workers. */
  private List<ClusterNode> workers() {
    return cluster.nodes().stream().filter(node -> !node.equals(apart)).toList();
  }

  /** Lets the group train for a while. */
  void train(long steps) throws InterruptedException {
    cluster.awaitSteps(steps, RECOVERY);
  }

  ClusterNode anyNode() {
    List<ClusterNode> nodes = workers();
    return nodes.get(random.nextInt(nodes.size()));
  }

  /** The node that hosts the coordinator. */
  ClusterNode coordinator() throws InterruptedException {
    return node(status().coordinator());
  }

  ClusterNode node(String address) {
    return cluster.nodes().stream()
        .filter(node -> node.address().equals(address))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(address + ": no such node"));
  }

  RunStatus status() throws InterruptedException {
    RunStatus[] found = new RunStatus[1];
    cluster.await(
        "a coordinator that answers",
        RECOVERY,
        () -> {
          found[0] = cluster.status().orElse(null);
          return found[0] != null;
        });
    return found[0];
  }

  /** Kills a node and waits until the others commit again. */
  void kill(ClusterNode node) throws InterruptedException {
    RunStatus before = status();
    cluster.giveUp(node);
    measure("kill", node, before, () -> node.signal("KILL"));
  }

  /** Asks a node to leave; it must end with 0. */
  void drain(ClusterNode node) throws InterruptedException {
    RunStatus before = status();
    cluster.giveUp(node);
    measure("drain", node, before, () -> node.signal("TERM"));
    if (!node.awaitEnd(RECOVERY) || node.process().exitValue() != 0) {
      violations.add(
          "drained node %s did not end with 0:%n%s".formatted(node.address(), node.lastWords()));
    }
  }

  /** Stops a node's process for a while; it must come back by itself, as the same process. */
  void freeze(ClusterNode node) throws InterruptedException {
    RunStatus before = status();
    long until = System.currentTimeMillis() + pause.toMillis();
    measure("freeze", node, before, () -> node.signal("STOP"));
    expectWithout(node);
    expectNamed(node, "hang");
    sleepUntil(until);
    int others = workers().size() - 1;
    expectCommitsOf(others, "freeze");
    node.signal("CONT");
    cluster.awaitMembers(others + 1, START);
  }

  /** Cuts a node's host off for a while; it must come back by itself, as the same process. */
  void cutOff(ClusterNode node) throws IOException, InterruptedException {
    RunStatus before = status();
    long until = System.currentTimeMillis() + pause.toMillis();
    String said = node.said();
    cluster.hosts().cut(node.slot());
    measure("cut off", node, before, () -> {});
    expectWithout(node);
    sleepUntil(until);
    int others = workers().size() - 1;
    expectCommitsOf(others, "cut off");
    if (node.said().substring(said.length()).contains(" is rank ")) {
      violations.add("node %s formed a group while it was cut off".formatted(node.address()));
    }
    long healed = System.currentTimeMillis();
    cluster.hosts().heal(node.slot());
    cluster.awaitMembers(others + 1, START);
    note("seconds_from_healing_to_member", (System.currentTimeMillis() - healed) / 1e3);
  }

  private static void sleepUntil(long millis) throws InterruptedException {
    Thread.sleep(Math.max(0, millis - System.currentTimeMillis()));
  }

  /** The group has lost this node's workers alone. */
  private void expectWithout(ClusterNode node) throws InterruptedException {
    if (LocalCluster.members(status()) != workers().size() - 1) {
      violations.add("%s was not left out, or not alone".formatted(node.address()));
    }
  }

  /** The last change of the group names this node and says why. */
  private void expectNamed(ClusterNode node, String word) throws InterruptedException {
    List<Incident> incidents = status().incidents();
    if (incidents.stream()
        .map(Incident::cause)
        .noneMatch(cause -> cause.contains(node.address()) && cause.contains(word))) {
      violations.add("no incident says %s of %s: %s".formatted(word, node.address(), incidents));
    }
  }

  /** Training goes on, and by so many workers. */
  private void expectCommitsOf(int workers, String during) throws InterruptedException {
    long last = cluster.watch().lastStep();
    cluster.awaitSteps(1, RECOVERY);
    for (Commit commit : cluster.watch().commits()) {
      if (commit.step() > last && commit.worldSize() != workers) {
        violations.add("%s: a step of %d workers".formatted(during, commit.worldSize()));
      }
    }
  }

  /** Starts a node and measures how long the others waited for it. */
  ClusterNode join() throws IOException, InterruptedException {
    RunStatus before = status();
    int members = workers().size() + 1;
    ClusterNode node = start();
    cluster.awaitMembers(members, START);
    Commit first = firstOfNewGeneration(before.generation());
    List<Commit> commits = cluster.watch().commits();
    int at = commits.indexOf(first);
    double gap = at == 0 ? Double.NaN : (first.atMillis() - commits.get(at - 1).atMillis()) / 1e3;
    add("join", node, before, first, gap);
    return node;
  }

  private interface Action {
    void run() throws InterruptedException;
  }

  private void measure(String kind, ClusterNode node, RunStatus before, Action action)
      throws InterruptedException {
    action.run();
    long at = System.currentTimeMillis();
    boolean member = rank(before, node) >= 0;
    Commit first = member ? firstOfNewGeneration(before.generation()) : firstAfter(at);
    add(kind, node, before, first, (first.atMillis() - at) / 1e3);
  }

  private Commit firstOfNewGeneration(long generation) throws InterruptedException {
    Optional<Commit>[] found = newHolder();
    cluster.await(
        "a commit after generation " + generation,
        RECOVERY,
        () -> {
          found[0] =
              cluster.watch().commits().stream()
                  .filter(commit -> commit.generation() > generation)
                  .findFirst();
          return found[0].isPresent();
        });
    return found[0].orElseThrow();
  }

  private Commit firstAfter(long millis) throws InterruptedException {
    cluster.await("a commit", RECOVERY, () -> cluster.watch().firstAfter(millis).isPresent());
    return cluster.watch().firstAfter(millis).orElseThrow();
  }

  @SuppressWarnings("unchecked")
  private static Optional<Commit>[] newHolder() {
    return new Optional[] {Optional.empty()};
  }

  private void add(
      String kind, ClusterNode node, RunStatus before, Commit first, double toNextCommit)
      throws InterruptedException {
    Optional<Incident> incident =
        status().incidents().stream()
            .filter(candidate -> candidate.generation() == first.generation())
            .findFirst();
    Fault fault =
        new Fault(
            kind,
            node.address(),
            rank(before, node),
            before.coordinator().equals(node.address()),
            before.committedSteps(),
            toNextCommit,
            stepTime(first.atMillis()),
            seconds(incident.map(i -> i.detectedMillis() - i.lastCommitMillis())),
            seconds(incident.map(i -> i.formedMillis() - i.detectedMillis())),
            seconds(incident.map(i -> i.joinedMillis() - i.formedMillis())),
            incident.map(Incident::transferSeconds).orElse(Double.NaN),
            seconds(incident.map(i -> i.committedMillis() - i.joinedMillis())),
            first.worldSize());
    faults.add(fault);
    Terminal.error()
        .line(
            "%-6s %s (rank %d%s): next commit after %.3f s, %.3f s beyond a step"
                .formatted(
                    kind,
                    fault.target(),
                    fault.rank(),
                    fault.wasCoordinator() ? ", coordinator" : "",
                    fault.toNextCommit(),
                    fault.beyondStep()));
  }

  private static double seconds(Optional<Long> millis) {
    return millis.map(time -> time / 1e3).orElse(Double.NaN);
  }

  /** The rank of a node's first worker. */
  private static int rank(RunStatus status, ClusterNode node) {
    return status.workers().stream()
        .filter(worker -> worker.name().startsWith(node.address() + "/"))
        .mapToInt(RunStatus.Worker::rank)
        .findFirst()
        .orElse(-1);
  }

  /** Median time between commits of the last steps before a moment, in seconds. */
  double stepTime(long millis) {
    List<Commit> commits =
        cluster.watch().commits().stream().filter(commit -> commit.atMillis() < millis).toList();
    List<Double> times = new ArrayList<>();
    for (int i = Math.max(1, commits.size() - STEPS_OF_MEDIAN); i < commits.size(); i++) {
      long steps = commits.get(i).step() - commits.get(i - 1).step();
      times.add((commits.get(i).atMillis() - commits.get(i - 1).atMillis()) / 1e3 / steps);
    }
    times.sort(null);
    return times.isEmpty() ? Double.NaN : times.get(times.size() / 2);
  }

  /** The longest time without a commit since a moment, in seconds. */
  double longestPause(long sinceMillis) {
    List<Commit> commits = cluster.watch().commits();
    double longest = 0;
    for (int i = 1; i < commits.size(); i++) {
      if (commits.get(i).atMillis() > sinceMillis) {
        longest =
            Math.max(longest, (commits.get(i).atMillis() - commits.get(i - 1).atMillis()) / 1e3);
      }
    }
    return longest;
  }
}
