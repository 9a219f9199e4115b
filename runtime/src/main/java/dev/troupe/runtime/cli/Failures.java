package dev.troupe.runtime.cli;

import dev.troupe.runtime.log.Terminal;
import dev.troupe.runtime.settings.SettingsException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns exceptions into lines on standard error and an exit code. */
final class Failures implements IExecutionExceptionHandler {
  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

  private final BooleanSupplier verbose;

  Failures(BooleanSupplier verbose) {
    this.verbose = verbose;
  }

  @Override
  public int handleExecutionException(
      Exception failure, CommandLine commandLine, ParseResult parsed) {
    if (failure instanceof SettingsException settings) {
      settings.problems().forEach(problem -> error(problem));
      error("see ./troupe " + commandLine.getCommandName() + " --help");
      return ExitCode.USAGE;
    }
    if (verbose.getAsBoolean()) {
      LOG.error("failed", failure);
    }
    error(message(failure) + (expected(failure) ? "" : " (--verbose shows where)"));
    return ExitCode.SOFTWARE;
  }

  /** A command line that cannot be parsed. */
  static int wrongUse(ParameterException failure, String[] arguments) {
    error(failure.getMessage());
    CommandLine command = failure.getCommandLine();
    if (failure instanceof UnmatchedArgumentException unmatched) {
      unmatched.getSuggestions().forEach(name -> error("did you mean " + name + "?"));
    }
    error(
        "see "
            + command.getCommandSpec().qualifiedName(" ").replaceFirst("^troupe", "./troupe")
            + " --help");
    return ExitCode.USAGE;
  }

  /** The project's own exceptions say what to do; others need their kind named. */
  static String message(Throwable failure) {
    return expected(failure)
        ? failure.getMessage()
        : failure.getClass().getSimpleName() + ": " + failure.getMessage();
  }

  private static boolean expected(Throwable failure) {
    return failure.getClass().getName().startsWith("dev.troupe.")
        || failure instanceof IllegalArgumentException;
  }

  private static void error(String text) {
    text.lines().forEach(line -> Terminal.error().line("error: " + line));
  }
}
