package dev.troupe.runtime.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Starts further JVMs of this one's kind: same Java, flags and class path. */
public final class JvmProcess {
  /** Ports of debuggers and profilers, the terminal and the output belong to one process. */
  private static final List<String> OWN =
      List.of("-agentlib", "-javaagent", "-Dtroupe.tty", "-Dtroupe.out");

  private JvmProcess() {}

  /**
   * Prepares a process.
   *
   * @param main class to run
   * @param properties system properties on top of this process's, by name
   */
  public static ProcessBuilder of(
      Class<?> main, Map<String, String> properties, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      // A debugger's or profiler's port is taken; a terminal belongs to one process.
      if (!flag.startsWith("-agentlib")
          && !flag.startsWith("-javaagent")
          && !flag.contains("troupe.tty")) {
        command.add(flag);
      }
    }
    properties.forEach((name, value) -> command.add("-D" + name + "=" + value));
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putIfAbsent("GOMP_SPINCOUNT", "2000");
    return builder;
  }

  /** Sends a signal such as {@code STOP} or {@code KILL}. */
  public static void signal(Process process, String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
        .inheritIO()
        .start()
        .waitFor();
  }
}
