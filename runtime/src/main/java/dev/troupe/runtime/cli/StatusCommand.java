package dev.troupe.runtime.cli;

import dev.troupe.actors.RunClient;
import dev.troupe.actors.RunStatus;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code troupe status}. */
@Command(
    name = "status",
    customSynopsis = "./troupe status [--watch] [--name NAME] [--json] …",
    description =
        "Shows a run: members, ranks, generation, step, samples/s, stragglers, incidents.",
    footer = {
      "%nExamples:",
      "  ./troupe status --watch",
      "  ./troupe status --name my-run --seed-nodes 10.0.0.5:7355 --host 10.0.0.9 --json",
      ""
    })
final class StatusCommand extends RunCommand {
  private static final String CLEAR_SCREEN = "\033[H\033[2J";

  @Option(names = "--watch", description = "Show it anew every second, until Ctrl-C.")
  private boolean watch;

  @Mixin private Figures figures;

  @Override
  int act(RunClient client) throws InterruptedException, ExecutionException {
    do {
      show(client.status().toCompletableFuture().get());
      if (watch) {
        TimeUnit.SECONDS.sleep(1);
      }
    } while (watch);
    return 0;
  }

  private void show(RunStatus status) {
    if (figures.json()) {
      Figures.printJson(status);
      return;
    }
    if (watch && System.getProperty("troupe.tty") != null) {
      System.out.print(CLEAR_SCREEN);
    }
    System.out.print(StatusPage.of(status));
  }
}
