package dev.troupe.runtime.bench.scale;

import dev.troupe.runtime.bench.JvmProcess;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A running {@link ScaleNode}, seen from the benchmark. */
final class ScaleProcess implements Closeable {
  private final String name;
  private final Process process;
  private final BufferedReader out;
  private final PrintWriter in;
  private final List<String> addresses = new ArrayList<>();

  private ScaleProcess(String name, Process process) {
    this.name = name;
    this.process = process;
    this.out = new BufferedReader(new InputStreamReader(process.getInputStream()));
    this.in = new PrintWriter(process.getOutputStream(), true);
  }

  /** Starts it; {@link #awaitListening} waits for its nodes. */
  static ScaleProcess start(String name, int nodes, int switchboard, String settings, Path folder)
      throws IOException {
    File log = folder.resolve(name + ".log").toFile();
    Process process =
        JvmProcess.of(
                ScaleNode.class, Map.of(), List.of(name, "" + nodes, "" + switchboard, settings))
            .redirectError(log)
            .start();
    return new ScaleProcess(name, process);
  }

  String name() {
    return name;
  }

  /** Waits until its nodes have opened their ports; their addresses. */
  List<String> awaitListening(int nodes) throws IOException {
    while (addresses.size() < nodes) {
      addresses.add(answer("LISTENING "));
    }
    return addresses;
  }

  private String answer(String prefix) throws IOException {
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith(prefix)) {
        return line.substring(prefix.length());
      }
    }
    throw new IOException(name + " ended by itself");
  }

  /** Bytes of the heap that are in use after a garbage collection. */
  long heapBytes() throws IOException {
    in.println("heap");
    return Long.parseLong(answer("HEAP "));
  }

  /** Resident memory. */
  long residentBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("/proc/" + process.pid() + "/status: no VmRSS");
  }

  /** Processor time so far. */
  Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
