package dev.troupe.actors;

import com.typesafe.config.Config;
import dev.troupe.actors.task.WorkerTaskFactory;
import java.util.concurrent.CompletionStage;

/**
 * This process's part of a run: its node of the cluster, with the workers that train here and, on
 * one node, the coordinator.
 */
public final class TrainingCluster implements AutoCloseable {

  private TrainingCluster() {}

  /**
   * Starts this process's node: joins or forms the cluster, warms up the workers and trains.
   *
   * @param config settings over {@code ConfigFactory.load()}: the sections {@code troupe.node},
   *     {@code troupe.run}, {@code troupe.liveness}, {@code troupe.quarantine}
   * @param tasks makes the task of each worker of this node
   * @throws IllegalArgumentException naming every setting that cannot be
   */
  public static TrainingCluster start(Config config, WorkerTaskFactory tasks) {
    NodeSettings.of(config);
    RunSettings.of(config);
    LivenessSettings.of(config);
    QuarantineSettings.of(config);
    throw new UnsupportedOperationException("not built yet");
  }

  /** Completes when this process has nothing left to do, with tasks closed and ports freed. */
  public CompletionStage<RunResult> whenFinished() {
    throw new UnsupportedOperationException("not built yet");
  }

  /**
   * Leaves the run politely: the step in flight is finished, the others go on. If every worker of
   * the run is asked to leave, the last ones take a checkpoint first. For SIGTERM and Ctrl-C; may
   * be called again. Any thread.
   */
  public void requestDrain() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Asks the whole run to take a checkpoint and end. Any thread. */
  public CompletionStage<Answer> requestStop() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** The run as its coordinator sees it; fails after a few seconds without one. */
  public CompletionStage<RunStatus> status() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Address of this node's control plane, {@code HOST:PORT}. */
  public String address() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Ends this node at once, without leaving politely. */
  @Override
  public void close() {
    throw new UnsupportedOperationException("not built yet");
  }
}
