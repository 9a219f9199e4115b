package dev.troupe.runtime.cli;

import dev.troupe.actors.RunClient;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code troupe drain}. */
@Command(
    name = "drain",
    customSynopsis = "./troupe drain WORKER [--name NAME] …",
    description = "Lets a worker leave politely: it finishes the step in flight, the others go on.",
    footer = {
      "%nExamples:",
      "  ./troupe drain 2                     the worker of rank 2",
      "  ./troupe drain 10.0.0.5:7355         all workers of a node",
      "  ./troupe drain 10.0.0.5:7355/1       one of them",
      ""
    })
final class DrainCommand extends RunCommand {
  @Parameters(paramLabel = "WORKER", description = "A rank, HOST:PORT or HOST:PORT/INDEX.")
  private String worker;

  @Override
  int act(RunClient client) throws InterruptedException, ExecutionException {
    return tell(client.drain(worker));
  }
}
