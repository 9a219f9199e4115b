package dev.troupe.runtime.bench.recovery;

import dev.troupe.actors.Answer;
import dev.troupe.nn.torch.Torch;
import dev.troupe.runtime.log.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs scenarios on a cluster of real processes on this machine and compares each with a run of the
 * same settings in one process, to which nothing happens.
 */
public final class RecoveryBenchmark {
  private static final Pattern STATE =
      Pattern.compile("State of worker (\\S+) after step (\\d+): (\\S+)");
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final Class<?> main;
  private final Path folder;
  private final List<String> flags;

  /**
   * @param main the command line's entry
   * @param folder where runs are written
   * @param flags CONFIG and flags of {@code train} that all runs share
   */
  public RecoveryBenchmark(Class<?> main, Path folder, List<String> flags) {
    this.main = main;
    this.folder = folder;
    List<String> all = new ArrayList<>(flags);
    // Every step is logged, so that it can be seen; one thread a worker, as on a small machine.
    all.addAll(List.of("--log-every-n-steps", "1", "--sample-ledger"));
    all.addAll(List.of("--val-frequency", "0", "--save-frequency", "0"));
    this.flags = List.copyOf(all);
  }

  /**
   * Runs a scenario.
   *
   * @param times how often its fault is repeated, where it is
   * @param seed which nodes it hits
   * @param pause how long a node is stopped or cut off, where it is
   */
  public RecoveryReport run(Scenario scenario, int times, long seed, Duration pause)
      throws IOException, InterruptedException {
    Torch.load();
    Terminal.error().line("scenario " + scenario);
    String name = scenario + "-" + System.currentTimeMillis();
    try (Hosts hosts = scenario.hosts();
        LocalCluster cluster = new LocalCluster(main, name, folder, flags, hosts)) {
      Chaos chaos = new Chaos(cluster, seed, pause);
      scenario.run(chaos, times);
      List<ClusterNode> last = List.copyOf(cluster.nodes());
      stop(cluster, last);
      Path checkpoint = newestCheckpoint(cluster.folder());
      long steps = stepOf(checkpoint);
      Path reference = reference(name + "-reference", steps);
      RunComparison.Distance weights =
          RunComparison.weights(
              checkpoint.resolve("model.safetensors"),
              newestCheckpoint(reference).resolve("model.safetensors"));
      return new RecoveryReport(
          scenario.toString(),
          steps,
          chaos.faults(),
          chaos.figures(),
          cluster.watch().setbacks().size(),
          RunComparison.ledgers(cluster.folder(), reference, steps),
          RunComparison.losses(cluster.folder(), reference),
          weights.largest(),
          weights.relative(),
          stateHashes(last, steps).size(),
          chaos.violations());
    }
  }

  private static void stop(LocalCluster cluster, List<ClusterNode> nodes)
      throws InterruptedException {
    Answer answer = cluster.stop();
    if (!answer.done()) {
      throw new IllegalStateException("stop: " + answer.text());
    }
    for (ClusterNode node : nodes) {
      if (!node.awaitEnd(PATIENCE) || node.process().exitValue() != 0) {
        throw new IllegalStateException(
            "node %s did not stop with 0:%n%s".formatted(node.address(), node.lastWords()));
      }
    }
  }

  /** Trains the same steps in one process. */
  private Path reference(String name, long steps) throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(flags);
    arguments.addAll(List.of("--save-every-steps", "" + steps));
    // Nobody is beside it: all cores.
    int cores = Runtime.getRuntime().availableProcessors();
    arguments.set(arguments.indexOf("--threads") + 1, "" + cores);
    Terminal.error().line("the same %d steps in one process ...".formatted(steps));
    try (LocalCluster alone = new LocalCluster(main, name, folder, arguments)) {
      alone.start();
      alone.await("step " + steps, PATIENCE.multipliedBy(6), () -> hasCheckpoint(alone.folder()));
      return alone.folder();
    }
  }

  private static boolean hasCheckpoint(Path run) {
    try {
      return Files.isDirectory(run.resolve("checkpoints")) && checkpoints(run).count() > 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static Stream<Path> checkpoints(Path run) throws IOException {
    return Files.list(run.resolve("checkpoints"))
        .filter(path -> path.getFileName().toString().matches("step-\\d+"));
  }

  private static Path newestCheckpoint(Path run) throws IOException {
    return checkpoints(run)
        .max((a, b) -> Long.compare(stepOf(a), stepOf(b)))
        .orElseThrow(() -> new IllegalStateException(run + ": no checkpoint"));
  }

  private static long stepOf(Path checkpoint) {
    return Long.parseLong(checkpoint.getFileName().toString().replaceFirst("step-", ""));
  }

  /** What the workers that were there at the end say of their state after the last step. */
  private static Set<String> stateHashes(List<ClusterNode> nodes, long steps) throws IOException {
    Set<String> hashes = new HashSet<>();
    for (ClusterNode node : nodes) {
      Matcher matcher = STATE.matcher(Files.readString(node.console()));
      while (matcher.find()) {
        hashes.add(Long.parseLong(matcher.group(2)) == steps ? matcher.group(3) : matcher.group(0));
      }
    }
    return hashes;
  }
}
