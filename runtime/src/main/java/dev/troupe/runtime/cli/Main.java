package dev.troupe.runtime.cli;

import dev.troupe.runtime.log.Logging;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line: {@code ./troupe COMMAND}. */
@Command(
    name = "troupe",
    description = "Trains CLIP models on elastic clusters.",
    versionProvider = Version.class,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done, stopped or left as asked",
      "1:failed; the reason is on standard error",
      "2:the command line or CONFIG is wrong, or this node does not fit the run",
      "3:leaving the run took longer than allowed"
    },
    footer = "%n./troupe COMMAND --help explains each, with examples.%n")
public final class Main implements Runnable {
  @Spec private CommandSpec spec;

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Log more, with stack traces.")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help.")
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Show the version.")
  private boolean version;

  private Main() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    StandardOutput.claim();
    System.exit(run(arguments));
  }

  /** Runs a command. */
  static int run(String... arguments) {
    return commandLine().execute(arguments);
  }

  static CommandLine commandLine() {
    Main main = new Main();
    CommandLine line = new CommandLine(main);
    CommandGroups.addTo(line);
    takeSettings(line);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpWidth(Math.max(80, Math.min(120, Integer.getInteger("troupe.columns", 100))));
    line.setExecutionStrategy(
        parsed -> {
          Logging.toTerminal(main.verbose);
          return new CommandLine.RunLast().execute(parsed);
        });
    line.setExecutionExceptionHandler(new Failures(() -> main.verbose));
    line.setParameterExceptionHandler(Failures::wrongUse);
    return line;
  }

  private static void takeSettings(CommandLine line) {
    for (CommandLine command : line.getSubcommands().values()) {
      if (command.getCommand() instanceof SettingsCommand<?> takesSettings) {
        SettingsFlags.addTo(command.getCommandSpec(), takesSettings.type());
        SettingsHelp.addTo(command, takesSettings.type());
        command.setUnmatchedArgumentsAllowed(true);
        command.setUnmatchedOptionsArePositionalParams(false);
        command.setOverwrittenOptionsAllowed(true);
      }
      takeSettings(command);
    }
  }

  @Override
  public void run() {
    spec.commandLine().usage(System.out);
  }
}
