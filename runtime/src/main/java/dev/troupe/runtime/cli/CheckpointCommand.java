package dev.troupe.runtime.cli;

import dev.troupe.actors.RunClient;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine.Command;

/** {@code troupe checkpoint}. */
@Command(
    name = "checkpoint",
    customSynopsis = "./troupe checkpoint [--name NAME] …",
    description = "Takes a checkpoint of a run after the step in flight; training goes on.")
final class CheckpointCommand extends RunCommand {
  @Override
  int act(RunClient client) throws InterruptedException, ExecutionException {
    return tell(client.checkpoint());
  }
}
