package dev.troupe.actors;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.troupe.actors.RunResult.Outcome;
import dev.troupe.actors.coordinator.CoordinatorSettings;
import dev.troupe.actors.node.NodeRunner;
import dev.troupe.actors.protocol.CoordinatorCommand;
import dev.troupe.actors.protocol.CoordinatorMessage;
import dev.troupe.actors.task.WorkerTaskFactory;
import dev.troupe.actors.worker.WorkerSlot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.japi.function.Function;

/**
 * This process's part of a run: its node of the cluster, with the workers that train here and, on
 * one node, the coordinator.
 */
public final class TrainingCluster implements AutoCloseable {
  private static final Duration ANSWER = Duration.ofSeconds(5);
  private static final Duration LAST_WORK = Duration.ofSeconds(10);

  private final NodeRunner runner;
  private final CompletableFuture<RunResult> finished;

  private TrainingCluster(NodeRunner runner, CompletableFuture<RunResult> finished) {
    this.runner = runner;
    this.finished = finished;
  }

  /**
   * Starts this process's node: joins or forms the cluster, warms up the workers and trains.
   *
   * @param own this process's own settings in the sections {@code troupe.node}, {@code troupe.run},
   *     {@code troupe.liveness}, {@code troupe.quarantine} and {@code troupe.pekko}; defaults are
   *     put beneath
   * @param tasks makes the task of each worker of this node
   * @throws IllegalArgumentException naming every setting that cannot be
   * @throws IllegalStateException if the control plane's port cannot be opened
   */
  public static TrainingCluster start(Config own, WorkerTaskFactory tasks) {
    Config config = own.withFallback(ConfigFactory.load()).resolve();
    NodeSettings node = NodeSettings.of(config);
    LivenessSettings liveness = LivenessSettings.of(config);
    CoordinatorSettings coordination =
        new CoordinatorSettings(
            node.run(), RunSettings.of(config), liveness, QuarantineSettings.of(config));
    int workers = node.roles().contains(Role.WORKER) ? node.workers() : 0;
    List<WorkerSlot> slots = new ArrayList<>();
    for (int index = 0; index < workers; index++) {
      slots.add(new WorkerSlot(index, workers, tasks, liveness.commitPatience()));
    }
    NodeRunner runner = new NodeRunner(config, node, liveness, coordination, slots);
    try {
      runner.start();
    } catch (RuntimeException e) {
      slots.forEach(slot -> slot.close(Duration.ZERO));
      throw e;
    }
    CompletableFuture<RunResult> finished =
        runner
            .whenFinished()
            .thenApplyAsync(
                result -> {
                  slots.forEach(slot -> slot.close(LAST_WORK));
                  runner.file().remove();
                  return result;
                })
            .toCompletableFuture();
    return new TrainingCluster(runner, finished);
  }

  /** Completes when this process has nothing left to do, with tasks closed and ports freed. */
  public CompletionStage<RunResult> whenFinished() {
    return finished.minimalCompletionStage();
  }

  /**
   * Leaves the run politely: the step in flight is finished, the others go on. If every worker of
   * the run is asked to leave, the last ones take a checkpoint first. For SIGTERM and Ctrl-C; may
   * be called again. Any thread.
   */
  public void requestDrain() {
    runner.drain();
  }

  /** Asks the whole run to take a checkpoint and end. Any thread. */
  public CompletionStage<Answer> requestStop(String reason) {
    return ask(replyTo -> new CoordinatorMessage.AskStop(reason, replyTo));
  }

  /** The run as its coordinator sees it; fails after a few seconds without one. */
  public CompletionStage<RunStatus> status() {
    return ask(CoordinatorMessage.AskStatus::new);
  }

  private <T> CompletionStage<T> ask(Function<ActorRef<T>, CoordinatorCommand> question) {
    ActorRef<CoordinatorCommand> coordinator = runner.coordinator();
    if (coordinator == null) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("no coordinator is known yet"));
    }
    try {
      return AskPattern.ask(coordinator, question, ANSWER, runner.system().scheduler());
    } catch (IllegalStateException e) {
      return CompletableFuture.failedFuture(new IllegalStateException("this node has ended", e));
    }
  }

  /** Address of this node's control plane, {@code HOST:PORT}. */
  public String address() {
    return runner.address();
  }

  /** Ends this node at once, without leaving politely. */
  @Override
  public void close() {
    runner.kill(new RunResult(Outcome.FAILED, 0, "ended at once by its own process"));
    finished.join();
  }
}
