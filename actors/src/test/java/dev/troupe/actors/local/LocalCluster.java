package dev.troupe.actors.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.troupe.actors.Answer;
import dev.troupe.actors.RunClient;
import dev.troupe.actors.RunResult;
import dev.troupe.actors.RunStatus;
import dev.troupe.actors.TrainingCluster;
import dev.troupe.actors.task.WorkerTaskFactory;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** Several nodes in this process, on loopback ports of their own. */
public final class LocalCluster implements AutoCloseable {
  public static final Duration PATIENCE = Duration.ofSeconds(60);

  /** What the cluster is to be like. */
  public static final class Builder {
    private final Path folder;
    private long steps = 1_000_000;
    private Duration step = Duration.ofMillis(20);
    private final Map<String, Object> settings = new HashMap<>();

    private Builder(Path folder) {
      this.folder = folder;
      set("troupe.node.run-dir", folder.toString());
    }

    public Builder steps(long count) {
      steps = count;
      return this;
    }

    public Builder step(Duration duration) {
      step = duration;
      return this;
    }

    public Builder set(String key, Object value) {
      settings.put(key, value);
      return this;
    }

    /** Starts so many nodes. */
    public LocalCluster start(int nodes) {
      LocalCluster cluster = new LocalCluster(this);
      for (int i = 0; i < nodes; i++) {
        cluster.addNode();
      }
      return cluster;
    }
  }

  /** A node of this process, with the tasks of its workers. */
  public final class LocalNode {
    final TrainingCluster cluster;
    private final Map<String, SleepyTask> tasks;

    private LocalNode(TrainingCluster cluster, Map<String, SleepyTask> tasks) {
      this.cluster = cluster;
      this.tasks = tasks;
    }

    public String address() {
      return cluster.address();
    }

    public String worker() {
      return address() + "/0";
    }

    public void drain() {
      cluster.requestDrain();
    }

    public TrainingCluster cluster() {
      return cluster;
    }

    /** Ends it as a kill would: connections break, nobody is told. */
    public void kill() {
      tasks.values().forEach(SleepyTask::kill);
      CompletableFuture<Void> closed = CompletableFuture.runAsync(cluster::close);
      while (isListening()) {
        pause();
      }
      tasks.values().forEach(SleepyTask::bury);
      closed.join();
    }

    private boolean isListening() {
      int colon = address().lastIndexOf(':');
      int port = Integer.parseInt(address().substring(colon + 1));
      try (Socket ignored = new Socket("127.0.0.1", port)) {
        return true;
      } catch (IOException e) {
        return false;
      }
    }

    public RunResult result() {
      try {
        return cluster
            .whenFinished()
            .toCompletableFuture()
            .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        throw new AssertionError(address() + " does not finish: " + status(), e);
      } catch (InterruptedException | ExecutionException e) {
        throw new AssertionError(e);
      }
    }
  }

  private final Builder plan;
  private final Faults faults = new Faults();
  private final List<LocalNode> nodes = new ArrayList<>();
  private final List<String> seeds = new ArrayList<>();

  private LocalCluster(Builder plan) {
    this.plan = plan;
  }

  public static Builder aCluster(Path folder) {
    return new Builder(folder);
  }

  public Faults faults() {
    return faults;
  }

  public Map<String, Object> settings() {
    return Map.copyOf(plan.settings);
  }

  public LocalNode node(int index) {
    return nodes.get(index);
  }

  public LocalNode addNode() {
    return addNode(Map.of());
  }

  /** One more node, with settings of its own. */
  public LocalNode addNode(Map<String, Object> own) {
    Map<String, Object> values = new HashMap<>(plan.settings);
    values.put("troupe.node.seed-nodes", List.copyOf(seeds));
    values.putAll(own);
    Map<String, String> facts =
        Map.of("model", String.valueOf(values.getOrDefault("test.model", "tiny")), "batch", "250");
    Config config = ConfigFactory.parseMap(values);
    Map<String, SleepyTask> tasks = new ConcurrentHashMap<>();
    SleepyTask.Plan work = new SleepyTask.Plan(plan.folder, plan.steps, plan.step, facts, faults);
    WorkerTaskFactory factory =
        context -> {
          SleepyTask task = new SleepyTask(work, context);
          tasks.put(context.name(), task);
          return task;
        };
    LocalNode node = new LocalNode(TrainingCluster.start(config, factory), tasks);
    nodes.add(node);
    seeds.add(node.address());
    return node;
  }

  /** The run's status, from whichever node can tell. */
  public RunStatus status() {
    for (LocalNode node : nodes) {
      try {
        return node.cluster.status().toCompletableFuture().get(2, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException e) {
        // This node does not know the coordinator (any more).
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    return null;
  }

  /** Waits until the run's status is as wanted. */
  public RunStatus await(String what, Predicate<RunStatus> wanted) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    RunStatus last = null;
    while (System.nanoTime() < deadline) {
      RunStatus status = status();
      if (status != null) {
        last = status;
        if (wanted.test(status)) {
          return status;
        }
      }
      pause();
    }
    throw new AssertionError("not within " + PATIENCE.toSeconds() + " s: " + what + "; " + last);
  }

  /** Waits until so many workers have trained some steps more together. */
  public RunStatus awaitTraining(int workers) {
    RunStatus now = await(workers + " workers train", status -> isTraining(status, workers));
    return await(
        workers + " workers commit",
        status ->
            isTraining(status, workers) && status.committedSteps() >= now.committedSteps() + 3);
  }

  private static boolean isTraining(RunStatus status, int workers) {
    return status.state() == RunStatus.State.TRAINING
        && status.workers().stream().filter(worker -> worker.rank() >= 0).count() == workers;
  }

  private static void pause() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  public Ledger ledger() {
    return new Ledger(plan.folder);
  }

  public LocalNode nodeOf(String worker) {
    return nodes.stream().filter(node -> node.worker().equals(worker)).findFirst().orElseThrow();
  }

  /** Takes a checkpoint, as a command from outside does. */
  public void checkpoint() {
    try (RunClient client = client()) {
      Answer answer =
          client.checkpoint().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThat(answer.done()).as(answer.text()).isTrue();
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  public RunClient client() {
    return RunClient.connect(ConfigFactory.parseMap(plan.settings));
  }

  @Override
  public void close() {
    nodes.forEach(node -> node.kill());
  }
}
