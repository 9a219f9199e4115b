package dev.troupe.runtime.cli;

import dev.troupe.actors.RunClient;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;

/** {@code troupe stop}. */
@Command(
    name = "stop",
    customSynopsis = "./troupe stop [--name NAME] …",
    description =
        "Takes a checkpoint of a run after the step in flight and ends it; train --resume latest goes"
            + " on.")
final class StopCommand extends RunCommand {
  @Override
  int act(RunClient client) throws InterruptedException, ExecutionException {
    return tell(client.stop());
  }
}
