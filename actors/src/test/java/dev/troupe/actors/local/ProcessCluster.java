package dev.troupe.actors.local;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import dev.troupe.actors.RunClient;
import dev.troupe.actors.RunStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** Nodes in processes of their own, which can be killed and stopped as real ones. */
public final class ProcessCluster implements AutoCloseable {
  private static final String STEPS = "1000000";
  private static final String STEP_MILLIS = "10";
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(90);

  /** A node's process. */
  public final class NodeHandle {
    private final Process process;
    private final String address;

    private NodeHandle(Process process, String address) {
      this.process = process;
      this.address = address;
    }

    public String address() {
      return address;
    }

    public long pid() {
      return process.pid();
    }

    public void signal(String name) {
      try {
        int code =
            new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .inheritIO()
                .start()
                .waitFor();
        assertThat(code).isZero();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    public void awaitEnd() {
      try {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("%s ends", address).isTrue();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    public void assertEndsInOrder() {
      awaitEnd();
      assertThat(process.exitValue()).as(() -> "exit code of " + address + logs()).isZero();
    }
  }

  private final Path folder;
  private final List<NodeHandle> nodes = new ArrayList<>();
  private final List<String> seeds = new ArrayList<>();
  private RunClient client;

  public ProcessCluster(Path folder) {
    this.folder = folder;
  }

  public NodeHandle addNode(Map<String, Object> own) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("troupe.node.run-dir", folder.toString());
    settings.put("troupe.node.seed-nodes", List.copyOf(seeds));
    settings.put("troupe.quarantine.failures", 0);
    settings.putAll(own);
    Config config = ConfigFactory.parseMap(settings);
    Path log = folder.resolve("node-" + nodes.size() + ".log");
    try {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx192m",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-Dtroupe.log=INFO",
                  "-cp",
                  System.getProperty("java.class.path"),
                  NodeProcess.class.getName(),
                  folder.toString(),
                  STEPS,
                  STEP_MILLIS,
                  config.root().render(ConfigRenderOptions.concise()))
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      NodeHandle node = new NodeHandle(process, address(process, log));
      nodes.add(node);
      seeds.add(node.address());
      return node;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String address(Process process, Path log) throws IOException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (System.nanoTime() < deadline && process.isAlive()) {
      for (String line : Files.readAllLines(log)) {
        if (line.startsWith("LISTENING ")) {
          return line.substring("LISTENING ".length());
        }
      }
      pause();
    }
    throw new AssertionError("node does not start:\n" + Files.readString(log));
  }

  public List<NodeHandle> alive() {
    return nodes.stream().filter(node -> node.process.isAlive()).toList();
  }

  /** The log of the node that was added as this one. */
  public String log(int index) {
    try {
      return Files.readString(folder.resolve("node-" + index + ".log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public void awaitLog(int index, String text) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!log(index).contains(text)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not in the log of node " + index + ": " + text + logs());
      }
      pause();
    }
  }

  private String logs() {
    StringBuilder text = new StringBuilder();
    for (int node = 0; node < nodes.size(); node++) {
      List<String> lines = log(node).lines().toList();
      text.append("\n--- node ").append(node).append('\n');
      lines.stream()
          .skip(Math.max(0, lines.size() - 25))
          .forEach(line -> text.append(line).append('\n'));
    }
    return text.toString();
  }

  public RunStatus await(String what, Predicate<RunStatus> wanted) {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
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
    throw new AssertionError("not in time: " + what + "; " + last + logs());
  }

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

  private RunStatus status() {
    try {
      if (client == null) {
        client =
            RunClient.connect(
                ConfigFactory.parseMap(Map.of("troupe.node.run-dir", folder.toString())));
      }
      return client.status().toCompletableFuture().get(3, TimeUnit.SECONDS);
    } catch (IllegalStateException | TimeoutException | ExecutionException e) {
      closeClient();
      return null;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void closeClient() {
    if (client != null) {
      client.close();
      client = null;
    }
  }

  /** Stops the run by a command and waits until all processes have ended well. */
  public void stop() {
    List<NodeHandle> running = alive();
    try {
      assertThat(client.stop().toCompletableFuture().get(10, TimeUnit.SECONDS).done()).isTrue();
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
    for (NodeHandle node : running) {
      node.assertEndsInOrder();
    }
  }

  public Ledger ledger() {
    return new Ledger(folder);
  }

  private static void pause() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    closeClient();
    for (NodeHandle node : nodes) {
      node.process.destroyForcibly();
    }
    for (NodeHandle node : nodes) {
      node.awaitEnd();
    }
  }
}
