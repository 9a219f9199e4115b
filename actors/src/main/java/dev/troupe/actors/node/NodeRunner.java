package dev.troupe.actors.node;

import com.typesafe.config.Config;
import dev.troupe.actors.LivenessSettings;
import dev.troupe.actors.NodeSettings;
import dev.troupe.actors.RunResult;
import dev.troupe.actors.RunResult.Outcome;
import dev.troupe.actors.coordinator.Coordinator;
import dev.troupe.actors.coordinator.CoordinatorSettings;
import dev.troupe.actors.protocol.CoordinatorCommand;
import dev.troupe.actors.protocol.NodeCommand;
import dev.troupe.actors.protocol.NodeNote;
import dev.troupe.actors.worker.WorkerSlot;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs this process's node: an actor system in the cluster, and a new one each time the node was
 * cut off and downed by the others. Workers' tasks stay warm meanwhile. A node that comes back
 * never forms a cluster of its own, even if it is listed first; nor does the first seed node when
 * it was restarted while its run lives elsewhere.
 */
public final class NodeRunner {
  private static final Logger log = LoggerFactory.getLogger(NodeRunner.class);
  private static final long RETRY_MILLIS = 1000;
  private static final long LONGEST_END_SECONDS = 20;

  private final Config config;
  private final NodeSettings settings;
  private final LivenessSettings liveness;
  private final CoordinatorSettings coordination;
  private final List<WorkerSlot> slots;
  private final NodeProbe probe;
  private final CompletableFuture<RunResult> finished = new CompletableFuture<>();
  private final ExecutorService restarts =
      Executors.newSingleThreadExecutor(work -> new Thread(work, "node-runner"));

  private volatile ActorSystem<NodeCommand> system;
  private volatile ActorRef<CoordinatorCommand> coordinator;
  private volatile Set<String> others = Set.of();
  private volatile boolean wasUp;
  private volatile boolean draining;
  private volatile RunResult ending;
  private volatile long lastWrittenNanos;
  private NodeFile file;
  private String address;

  public NodeRunner(
      Config config,
      NodeSettings settings,
      LivenessSettings liveness,
      CoordinatorSettings coordination,
      List<WorkerSlot> slots) {
    this.config = config;
    this.settings = settings;
    this.liveness = liveness;
    this.coordination = coordination;
    this.slots = slots;
    this.probe = new NodeProbe(settings.transport());
  }

  /**
   * Starts the first actor system.
   *
   * @throws IllegalStateException if its port is taken or its certificates cannot be used
   */
  public void start() {
    try {
      startSystem(settings.port());
    } catch (RuntimeException e) {
      restarts.shutdown();
      probe.close();
      throw new IllegalStateException(
          "cannot open the control plane on "
              + settings.host()
              + ":"
              + settings.port()
              + ": "
              + e.getMessage(),
          e);
    }
    file = NodeFile.leave(settings, address);
    if (settings.seedNodes().isEmpty()) {
      join(List.of(address));
    } else {
      joinOrForm();
    }
  }

  /**
   * The first seed node forms the cluster, unless the run's folder says that it lives elsewhere:
   * that the others cannot be reached is then no reason to train beside them.
   */
  private void joinOrForm() {
    List<String> seeds = settings.seedNodes();
    Set<String> living = seeds.get(0).equals(address) ? file.living() : Set.of();
    if (living.isEmpty()) {
      join(seeds);
      return;
    }
    log.info("the run lives at {}: {} joins it and forms no cluster of its own", living, address);
    join(List.copyOf(living));
    formOnceTheyAreDead();
  }

  private void formOnceTheyAreDead() {
    CompletableFuture.delayedExecutor(RETRY_MILLIS, TimeUnit.MILLISECONDS, restarts)
        .execute(
            () -> {
              if (ending != null || wasUp) {
                return;
              }
              if (file.living().isEmpty()) {
                log.info("nobody is left of the run: {} forms its cluster anew", address);
                join(settings.seedNodes());
              } else {
                formOnceTheyAreDead();
              }
            });
  }

  /** What this node leaves in the run's folder. */
  public NodeFile file() {
    return file;
  }

  public CompletionStage<RunResult> whenFinished() {
    return finished;
  }

  public String address() {
    return address;
  }

  public ActorSystem<NodeCommand> system() {
    return system;
  }

  /** The coordinator as far as it is known; null before the first. */
  public ActorRef<CoordinatorCommand> coordinator() {
    return coordinator;
  }

  public void drain() {
    draining = true;
    system.tell(new NodeNote.Drain());
  }

  /** Ends at once. */
  public void kill(RunResult result) {
    ended(result, false);
  }

  private void startSystem(int port) {
    Behavior<CoordinatorCommand> coordinatorBehavior = Coordinator.create(coordination, probe);
    Behavior<NodeCommand> node =
        Node.create(settings, liveness, coordinatorBehavior, slots, probe, new Told());
    system =
        ActorSystem.create(
            guardian(node),
            PekkoConfig.systemName(settings),
            PekkoConfig.forNode(config, settings, port));
    address = ClusterNodes.hostAndPort(Cluster.get(system).selfMember().address());
    system.getWhenTerminated().whenCompleteAsync((done, error) -> terminated(), restarts);
  }

  /** Passes on to the node, which thus has a path that others can name: {@code /user/node}. */
  private static Behavior<NodeCommand> guardian(Behavior<NodeCommand> node) {
    return Behaviors.setup(
        context -> {
          ActorRef<NodeCommand> child = context.spawn(node, "node");
          return Behaviors.receiveMessage(
              message -> {
                child.tell(message);
                return Behaviors.same();
              });
        });
  }

  private void join(List<String> seeds) {
    List<Address> addresses = new ArrayList<>();
    for (String seed : seeds) {
      int colon = seed.lastIndexOf(':');
      addresses.add(
          new Address(
              "pekko",
              PekkoConfig.systemName(settings),
              seed.substring(0, colon),
              Integer.parseInt(seed.substring(colon + 1))));
    }
    Cluster.get(system).manager().tell(new JoinSeedNodes(addresses));
  }

  private void terminated() {
    if (ending == null && draining) {
      ending = new RunResult(Outcome.DRAIN_TIMED_OUT, 0, "cut off while leaving");
    }
    if (ending == null && !wasUp) {
      ending = new RunResult(Outcome.FAILED, 0, "ended before it had found its cluster");
    }
    if (ending == null) {
      comeBack();
    }
    if (ending != null) {
      finish();
    }
  }

  /** The others downed this node, or it downed itself as part of a minority. */
  private void comeBack() {
    Set<String> seeds = new LinkedHashSet<>(others);
    seeds.addAll(settings.seedNodes());
    seeds.remove(address);
    if (seeds.isEmpty()) {
      ending =
          new RunResult(Outcome.FAILED, 0, "the cluster ended and there is no other node to join");
      return;
    }
    log.warn("{} was cut off from the run; it comes back as a newcomer through {}", address, seeds);
    slots.forEach(WorkerSlot::abort);
    wasUp = false;
    int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    long deadline = System.nanoTime() + settings.joinDeadline().toNanos();
    while (ending == null) {
      try {
        startSystem(port);
        join(List.copyOf(seeds));
        return;
      } catch (RuntimeException e) {
        if (System.nanoTime() > deadline) {
          ending =
              new RunResult(
                  Outcome.FAILED, 0, "cannot open the control plane again: " + e.getMessage());
        }
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(RETRY_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void ended(RunResult result, boolean leave) {
    synchronized (this) {
      if (ending != null) {
        return;
      }
      ending = result;
    }
    if (leave) {
      CoordinatedShutdown.get(system).run(CoordinatedShutdown.unknownReason());
    } else {
      system.terminate();
    }
    CompletableFuture.delayedExecutor(LONGEST_END_SECONDS, TimeUnit.SECONDS)
        .execute(
            () -> {
              if (finish()) {
                log.warn("the control plane did not end within {} s", LONGEST_END_SECONDS);
              }
            });
  }

  private boolean finish() {
    probe.close();
    restarts.shutdown();
    return finished.complete(ending);
  }

  /** What the node tells its process. */
  private final class Told implements Node.Owner {
    @Override
    public void ended(RunResult result, boolean leave) {
      NodeRunner.this.ended(result, leave);
    }

    @Override
    public void members(Set<String> members) {
      if (!members.isEmpty()) {
        others = Set.copyOf(members);
      }
    }

    @Override
    public void up() {
      boolean first = !wasUp;
      wasUp = true;
      long now = System.nanoTime();
      if (first || now - lastWrittenNanos > NodeFile.WRITE_EVERY.toNanos()) {
        lastWrittenNanos = now;
        try {
          restarts.execute(file::writeMember);
        } catch (RejectedExecutionException e) {
          // The node has ended.
        }
      }
    }

    @Override
    public void unknown() {
      wasUp = true; // as far as it takes to come back
      system.terminate();
    }

    @Override
    public void coordinator(ActorRef<CoordinatorCommand> ref) {
      wasUp = true; // for the others, if not yet in its own view
      coordinator = ref;
    }
  }
}
