package dev.troupe.runtime.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code troupe bench}. */
@Command(
    name = "bench",
    description =
        "Measures a part of Troupe: the step, the data, the collectives, recovery, scale.",
    subcommands = {
      BenchStepCommand.class,
      BenchDataCommand.class,
      BenchScenesCommand.class,
      BenchCollectivesCommand.class,
      BenchRecoveryCommand.class,
      BenchScaleCommand.class
    })
final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(System.out);
  }
}
