package dev.troupe.runtime.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.troupe.actors.Answer;
import dev.troupe.actors.RunClient;
import dev.troupe.runtime.settings.ConnectionSettings;
import dev.troupe.runtime.settings.RunCommandSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

/** A command that acts on a run from outside. */
abstract class RunCommand extends SettingsCommand<RunCommandSettings> {
  RunCommand() {
    super(RunCommandSettings.class);
  }

  /** Does the command's work. */
  abstract int act(RunClient client) throws InterruptedException, ExecutionException;

  @Override
  public Integer call() throws InterruptedException, ExecutionException {
    ConnectionSettings connection = read(null).load().connection();
    try (RunClient client = RunClient.connect(config(connection))) {
      return act(client);
    }
  }

  /** Prints an answer; a refusal is a failure. */
  static int tell(CompletionStage<Answer> answer) throws InterruptedException, ExecutionException {
    Answer told = answer.toCompletableFuture().get();
    (told.done() ? System.out : System.err).println(told.text());
    return told.done() ? 0 : 1;
  }

  private static Config config(ConnectionSettings connection) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("troupe.node.host", connection.host());
    values.put("troupe.node.transport", connection.transport().toString());
    values.put("troupe.node.tls-dir", connection.tlsDir().orElse(""));
    if (connection.seedNodes().isEmpty()) {
      Path folder = folder(connection);
      values.put("troupe.node.run", folder.getFileName().toString());
      values.put("troupe.node.run-dir", folder.toString());
    } else {
      values.put("troupe.node.run", connection.name().orElseThrow());
      values.put("troupe.node.seed-nodes", connection.seedNodes());
    }
    return ConfigFactory.parseMap(values).withFallback(ConfigFactory.load());
  }

  private static Path folder(ConnectionSettings connection) {
    Path logs = Path.of(connection.logs());
    if (connection.name().isPresent()) {
      Path folder = logs.resolve(connection.name().get());
      if (!Files.isDirectory(folder)) {
        throw new IllegalArgumentException(
            "name: %s (expected: a run under %s; or --seed-nodes of a run elsewhere)"
                .formatted(connection.name().get(), logs));
      }
      return folder;
    }
    return newest(logs)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "logs: %s (expected: a folder with runs; or --name and --seed-nodes of a run"
                            .formatted(logs)
                        + " elsewhere)"));
  }

  private static Optional<Path> newest(Path logs) {
    if (!Files.isDirectory(logs)) {
      return Optional.empty();
    }
    try (Stream<Path> runs = Files.list(logs)) {
      return runs.filter(run -> Files.isDirectory(run.resolve("nodes")))
          .max(Comparator.comparingLong(run -> run.resolve("nodes").toFile().lastModified()));
    } catch (IOException e) {
      throw new UncheckedIOException(logs + ": cannot be listed", e);
    }
  }
}
