package dev.troupe.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.runtime.bench.JvmProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs the command line in processes of its own, as the launcher does. */
public final class Cli {
  public static final Path HOME = Path.of("..").toAbsolutePath().normalize();

  private Cli() {}

  public record Outcome(int exit, String out, String err) {}

  /** Starts a command in a working folder, where its {@code out} and {@code err} go too. */
  public static Process start(Path folder, String... arguments) throws IOException {
    return start(folder, Map.of(), arguments);
  }

  /** Starts a command with variables in its environment. */
  public static Process start(Path folder, Map<String, String> environment, String... arguments)
      throws IOException {
    ProcessBuilder builder =
        JvmProcess.of(Main.class, Map.of("troupe.home", HOME.toString()), List.of(arguments));
    builder.environment().putAll(environment);
    return builder
        .directory(folder.toFile())
        .redirectOutput(folder.resolve("out").toFile())
        .redirectError(folder.resolve("err").toFile())
        .start();
  }

  /** Runs a command to its end. */
  public static Outcome run(Path folder, String... arguments)
      throws IOException, InterruptedException {
    return end(start(folder, arguments), folder);
  }

  public static Outcome end(Process process, Path folder) throws IOException, InterruptedException {
    try {
      assertThat(process.waitFor(10, TimeUnit.MINUTES))
          .as(Files.readString(folder.resolve("err")))
          .isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Outcome(
        process.exitValue(),
        Files.readString(folder.resolve("out")),
        Files.readString(folder.resolve("err")));
  }
}
