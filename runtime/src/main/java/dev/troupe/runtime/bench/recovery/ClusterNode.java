package dev.troupe.runtime.bench.recovery;

import dev.troupe.runtime.bench.JvmProcess;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A process of the cluster.
 *
 * @param slot the node's place; a replacement takes the place, and with it the port, of the one it
 *     replaces
 * @param host its address
 * @param port of its control plane
 * @param process the process
 * @param console what it printed
 */
public record ClusterNode(int slot, String host, int port, Process process, Path console) {

  /** Nodes are killed again and again: they must not be shut out for it. */
  private static final Map<String, String> PROPERTIES = Map.of("troupe.quarantine.failures", "0");

  static ClusterNode start(
      Class<?> main, Hosts hosts, int slot, int port, List<String> arguments, Path folder) {
    Path console = folder.resolve("node-%d-%d.log".formatted(slot, System.nanoTime()));
    try {
      ProcessBuilder builder = JvmProcess.of(main, PROPERTIES, arguments);
      builder.command().addAll(0, hosts.launcher(slot));
      Process process =
          builder
              .redirectErrorStream(true)
              .redirectInput(new File("/dev/null"))
              .redirectOutput(console.toFile())
              .start();
      return new ClusterNode(slot, hosts.address(slot), port, process, console);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its name in the cluster. */
  public String address() {
    return host + ":" + port;
  }

  public long pid() {
    return process.pid();
  }

  public boolean alive() {
    return process.isAlive();
  }

  /** Sends a signal such as {@code KILL}, {@code TERM}, {@code STOP} or {@code CONT}. */
  public void signal(String name) throws InterruptedException {
    try {
      JvmProcess.signal(process, name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for its end; false if it still runs then. */
  public boolean awaitEnd(Duration patience) throws InterruptedException {
    return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** All that it printed so far. */
  String said() {
    try {
      return Files.readString(console);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The last lines that it printed, for messages. */
  public String lastWords() {
    try {
      List<String> lines = Files.readAllLines(console);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
    } catch (IOException e) {
      return e.toString();
    }
  }
}
