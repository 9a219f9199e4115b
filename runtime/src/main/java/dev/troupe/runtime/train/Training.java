package dev.troupe.runtime.train;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.troupe.actors.RunResult;
import dev.troupe.actors.TrainingCluster;
import dev.troupe.runtime.checkpoint.Checkpoint;
import dev.troupe.runtime.log.RunFolder;
import dev.troupe.runtime.settings.ClusterSettings;
import dev.troupe.runtime.settings.TrainSettings;
import dev.troupe.runtime.wiring.ChosenModel;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** This process's part of a training run, from its settings to its exit code. */
public final class Training {
  private static final Logger LOG = LoggerFactory.getLogger(Training.class);

  private Training() {}

  /**
   * Trains until the run is finished or stopped, or this node leaves it. SIGTERM and Ctrl-C let the
   * node leave politely; the last node takes a checkpoint first.
   *
   * @return how it ended
   * @throws RuntimeException with a message for the user, if the run cannot start
   */
  public static RunResult run(TrainSettings settings) {
    RunFolder folder = RunFolder.of(settings, LocalDateTime.now());
    ChosenModel model =
        ChosenModel.of(settings.model(), settings.storage(), settings.loss().siglip());
    Optional<Checkpoint> resume = Resume.find(settings, folder);
    resume.ifPresent(
        checkpoint ->
            LOG.info(
                "Resuming from {}: step {}, epoch {}",
                checkpoint.folder(),
                checkpoint.state().step(),
                checkpoint.state().epoch()));
    CountDownLatch over = new CountDownLatch(1);
    try (RunContext run = new RunContext(settings, model, folder, resume)) {
      RunResult result = train(settings, folder, run, over);
      run.results().ifPresent(System.out::print);
      System.out.flush();
      return result;
    } finally {
      over.countDown();
    }
  }

  private static RunResult train(
      TrainSettings settings, RunFolder folder, RunContext run, CountDownLatch over) {
    TrainingCluster cluster =
        TrainingCluster.start(
            clusterConfig(settings, folder), context -> new ClipWorkerTask(run, context));
    Runtime.getRuntime()
        .addShutdownHook(new Leaving(cluster, settings.cluster().drainSeconds(), over));
    try {
      return cluster.whenFinished().toCompletableFuture().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    }
  }

  /** What the actors need to know of the settings. */
  static Config clusterConfig(TrainSettings settings, RunFolder folder) {
    ClusterSettings cluster = settings.cluster();
    Map<String, Object> values = new HashMap<>();
    values.put("troupe.node.run", folder.name());
    values.put("troupe.node.host", cluster.host());
    values.put("troupe.node.port", cluster.port());
    values.put("troupe.node.seed-nodes", cluster.seedNodes());
    values.put(
        "troupe.node.roles", cluster.roles().stream().map(ClusterSettings.Role::toString).toList());
    values.put("troupe.node.workers", cluster.workersPerNode());
    values.put("troupe.node.transport", cluster.transport().toString());
    values.put("troupe.node.tls-dir", cluster.tlsDir().orElse(""));
    values.put("troupe.node.drain-deadline", seconds(cluster.drainSeconds()));
    values.put("troupe.run.min-workers", cluster.leastWorkers());
    cluster.maxWorkers().ifPresent(most -> values.put("troupe.run.max-workers", most));
    values.put("troupe.run.samples-per-step", settings.globalBatchSize());
    settings
        .checkpoints()
        .saveEveryMinutes()
        .ifPresent(minutes -> values.put("troupe.run.save-every", seconds(minutes * 60)));
    if (settings.log().writesFiles()) {
      values.put("troupe.node.run-dir", folder.path().toAbsolutePath().toString());
    }
    return ConfigFactory.parseMap(values).withFallback(ConfigFactory.load());
  }

  private static Duration seconds(double value) {
    return Duration.ofMillis(Math.round(value * 1000));
  }

  /** Leaves the run politely when the process is asked to end. */
  private static final class Leaving extends Thread {
    /** For freeing what is left once the node has left. */
    private static final double GRACE_SECONDS = 10;

    private final TrainingCluster cluster;
    private final double deadlineSeconds;
    private final CountDownLatch over;

    Leaving(TrainingCluster cluster, double deadlineSeconds, CountDownLatch over) {
      super("leaving");
      this.cluster = cluster;
      this.deadlineSeconds = deadlineSeconds;
      this.over = over;
    }

    @Override
    public void run() {
      if (over.getCount() == 0) {
        return;
      }
      LOG.info("Leaving after the step in flight ...");
      cluster.requestDrain();
      int exitCode = RunResult.Outcome.DRAIN_TIMED_OUT.exitCode();
      try {
        long patience = Math.round((deadlineSeconds + GRACE_SECONDS) * 1000);
        if (over.await(patience, TimeUnit.MILLISECONDS)) {
          exitCode = cluster.whenFinished().toCompletableFuture().get().exitCode();
        }
      } catch (InterruptedException | ExecutionException e) {
        LOG.error("Leaving failed: {}", e.toString());
      }
      // Not exit: the process is on its way out already, with the signal's exit code.
      Runtime.getRuntime().halt(exitCode);
    }
  }
}
