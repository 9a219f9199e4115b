package dev.troupe.actors;

import com.typesafe.config.Config;
import java.util.concurrent.CompletionStage;

/**
 * Acts on a run from another process, without joining its cluster. With {@code tls-tcp} it needs a
 * certificate of the cluster, like a node.
 */
public final class RunClient implements AutoCloseable {

  private RunClient() {}

  /**
   * Contacts the run whose nodes left their addresses in {@code troupe.node.run-dir}, or the nodes
   * in {@code troupe.node.seed-nodes}. {@code troupe.node.run}, {@code transport}, {@code tls-dir}
   * and {@code host} (the address by which the nodes reach this process) count as for a node.
   *
   * @throws IllegalStateException if no node answers; the message lists the addresses tried
   */
  public static RunClient connect(Config config) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** The run as its coordinator sees it. */
  public CompletionStage<RunStatus> status() {
    throw new UnsupportedOperationException("not built yet");
  }

  /**
   * Lets a worker leave politely.
   *
   * @param worker {@code HOST:PORT/INDEX}, or {@code HOST:PORT} for all workers of a node, or a
   *     rank
   */
  public CompletionStage<Answer> drain(String worker) {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Takes a checkpoint after the step in flight; completes when its copy is taken. */
  public CompletionStage<Answer> checkpoint() {
    throw new UnsupportedOperationException("not built yet");
  }

  /** Takes a checkpoint after the step in flight and ends the run. */
  public CompletionStage<Answer> stop() {
    throw new UnsupportedOperationException("not built yet");
  }

  @Override
  public void close() {
    throw new UnsupportedOperationException("not built yet");
  }
}
