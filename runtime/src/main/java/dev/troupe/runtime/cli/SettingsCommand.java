package dev.troupe.runtime.cli;

import dev.troupe.runtime.log.Terminal;
import dev.troupe.runtime.settings.SettingsLoader;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command whose flags are settings. */
abstract class SettingsCommand<T extends Record> implements Callable<Integer> {
  private final Class<T> type;

  @Spec private CommandSpec spec;

  SettingsCommand(Class<T> type) {
    this.type = type;
  }

  /** The settings that the command takes. */
  Class<T> type() {
    return type;
  }

  /** What the command line and CONFIG say. */
  SettingsLoader<T> read(Path config) {
    return SettingsFlags.read(type, config, spec.commandLine().getParseResult());
  }

  void note(String text) {
    Terminal.error().line("note: " + text);
  }
}
