package dev.troupe.actors;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.troupe.actors.node.NodeFile;
import dev.troupe.actors.node.PekkoConfig;
import dev.troupe.actors.protocol.CoordinatorCommand;
import dev.troupe.actors.protocol.CoordinatorMessage;
import dev.troupe.actors.protocol.NodeMessage;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.japi.function.Function;

/**
 * Acts on a run from another process, without joining its cluster. With {@code tls-tcp} it needs a
 * certificate of the cluster, like a node.
 */
public final class RunClient implements AutoCloseable {
  private static final Duration FIND = Duration.ofSeconds(10);
  private static final long ASK_AGAIN_MILLIS = 500;
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final Duration CHECKPOINT = Duration.ofMinutes(10);

  /** Listens for the first node that knows the coordinator. */
  private static Behavior<NodeMessage.Found> finder(
      CompletableFuture<ActorRef<CoordinatorCommand>> found) {
    return Behaviors.receiveMessage(
        answer -> {
          if (answer.coordinator() != null) {
            found.complete(answer.coordinator());
          }
          return Behaviors.same();
        });
  }

  private final ActorSystem<NodeMessage.Found> system;
  private final ActorRef<CoordinatorCommand> coordinator;

  private RunClient(
      ActorSystem<NodeMessage.Found> system, ActorRef<CoordinatorCommand> coordinator) {
    this.system = system;
    this.coordinator = coordinator;
  }

  /**
   * Contacts the run whose nodes left their addresses in {@code troupe.node.run-dir}, or the nodes
   * in {@code troupe.node.seed-nodes}. {@code troupe.node.run}, {@code transport}, {@code tls-dir}
   * and {@code host} (the address by which the nodes reach this process) count as for a node.
   *
   * @param own this process's own settings, as for {@link TrainingCluster#start}
   * @throws IllegalStateException if no node answers; the message lists the addresses tried
   */
  public static RunClient connect(Config own) {
    Config config = own.withFallback(ConfigFactory.load()).resolve();
    NodeSettings settings = NodeSettings.of(config);
    Set<String> addresses = new LinkedHashSet<>(settings.seedNodes());
    settings.runDir().ifPresent(folder -> addresses.addAll(NodeFile.addresses(folder)));
    if (addresses.isEmpty()) {
      throw new IllegalStateException(
          "no node of run "
              + settings.run()
              + " is known: "
              + settings.runDir().map(folder -> "none left its address in " + folder).orElse("")
              + " (is it running? name its nodes with --seed-nodes HOST:PORT,…)");
    }
    CompletableFuture<ActorRef<CoordinatorCommand>> found = new CompletableFuture<>();
    ActorSystem<NodeMessage.Found> system =
        ActorSystem.create(
            finder(found),
            PekkoConfig.systemName(settings),
            PekkoConfig.forClient(config, settings));
    try {
      return new RunClient(system, find(system, addresses, found));
    } catch (TimeoutException | ExecutionException e) {
      system.terminate();
      throw new IllegalStateException(
          "no node of run "
              + settings.run()
              + " answers at "
              + addresses
              + " (is it running? with TLS, is this process's certificate of the same authority?)");
    } catch (InterruptedException e) {
      system.terminate();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while looking for the run", e);
    }
  }

  private static ActorRef<CoordinatorCommand> find(
      ActorSystem<NodeMessage.Found> system,
      Set<String> addresses,
      CompletableFuture<ActorRef<CoordinatorCommand>> found)
      throws InterruptedException, ExecutionException, TimeoutException {
    long deadline = System.nanoTime() + FIND.toNanos();
    while (true) {
      for (String address : addresses) {
        system
            .classicSystem()
            .actorSelection("pekko://" + system.name() + "@" + address + "/user/node")
            .tell(
                new NodeMessage.FindCoordinator(system),
                org.apache.pekko.actor.ActorRef.noSender());
      }
      try {
        return found.get(ASK_AGAIN_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        if (System.nanoTime() > deadline) {
          throw e;
        }
      }
    }
  }

  /** The run as its coordinator sees it. */
  public CompletionStage<RunStatus> status() {
    return ask(CoordinatorMessage.AskStatus::new, ANSWER);
  }

  /**
   * Lets a worker leave politely.
   *
   * @param worker {@code HOST:PORT/INDEX}, or {@code HOST:PORT} for all workers of a node, or a
   *     rank
   */
  public CompletionStage<Answer> drain(String worker) {
    return ask(replyTo -> new CoordinatorMessage.AskDrain(worker, replyTo), ANSWER);
  }

  /** Takes a checkpoint after the step in flight; completes when its copy is taken. */
  public CompletionStage<Answer> checkpoint() {
    return ask(CoordinatorMessage.AskCheckpoint::new, CHECKPOINT);
  }

  /** Takes a checkpoint after the step in flight and ends the run. */
  public CompletionStage<Answer> stop() {
    return ask(replyTo -> new CoordinatorMessage.AskStop("asked to stop", replyTo), ANSWER);
  }

  private <T> CompletionStage<T> ask(
      Function<ActorRef<T>, CoordinatorCommand> question, Duration patience) {
    return AskPattern.ask(coordinator, question, patience, system.scheduler());
  }

  /** Disconnects and waits until it has. */
  @Override
  public void close() {
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
  }
}
