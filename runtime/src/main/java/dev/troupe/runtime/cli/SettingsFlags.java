package dev.troupe.runtime.cli;

import dev.troupe.runtime.settings.DidYouMean;
import dev.troupe.runtime.settings.OpenClipFlag;
import dev.troupe.runtime.settings.SettingKey;
import dev.troupe.runtime.settings.SettingsLoader;
import dev.troupe.runtime.settings.TrainSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** Makes a command's flags from the settings that it is declared to take. */
final class SettingsFlags {
  private SettingsFlags() {}

  /**
   * Adds a flag for each setting, and for each flag of OpenCLIP that is known by name only.
   * Conversion and checks are left to the loader, which reports all problems at once; {@link
   * SettingsHelp} shows them.
   */
  static void addTo(CommandSpec command, Class<? extends Record> type) {
    SettingKey.offered(type)
        .values()
        .forEach(key -> command.addOption(option(key.name(), key.isSwitch(), several(key))));
    if (type == TrainSettings.class) {
      OpenClipFlag.ALL.forEach(
          (name, flag) -> command.addOption(option(name, !flag.values(), false)));
    }
  }

  private static OptionSpec option(String name, boolean isSwitch, boolean several) {
    OptionSpec.Builder option = OptionSpec.builder("--" + name).hidden(true);
    if (isSwitch) {
      return option.type(Boolean.class).arity("0..1").fallbackValue("true").build();
    }
    if (several) {
      return option.type(List.class).auxiliaryTypes(String.class).arity("0..*").build();
    }
    return option.type(String.class).arity("1").build();
  }

  private static boolean several(SettingKey key) {
    return key.isList() || key.name().equals("aug-cfg");
  }

  /**
   * Takes a parsed command line into a loader: CONFIG first, flags over it.
   *
   * @param config the CONFIG file or null
   */
  static <T extends Record> SettingsLoader<T> read(Class<T> type, Path config, ParseResult line) {
    SettingsLoader<T> loader = new SettingsLoader<>(type);
    if (config != null && !strayValue(config.toString(), line)) {
      loader.file(config);
    }
    Map<String, SettingKey> keys = SettingKey.offered(type);
    for (OptionSpec option : line.matchedOptionsSet()) {
      String name = option.longestName().replaceFirst("^--", "");
      if (keys.containsKey(name) || OpenClipFlag.ALL.containsKey(name)) {
        Object value = option.getValue();
        loader.flag(name, value instanceof List<?> list ? list : String.valueOf(value));
      }
    }
    for (String word : line.unmatched()) {
      if (word.startsWith("-")) {
        loader.problem(noSuchFlag(word.replaceFirst("=.*", ""), line));
      } else if (!strayValue(word, line)) {
        loader.problem(word + ": unexpected (expected: one CONFIG file and flags)");
      }
    }
    return loader;
  }

  private static String noSuchFlag(String word, ParseResult line) {
    return word
        + ": no such flag"
        + DidYouMean.hint(word, line.commandSpec().optionsMap().keySet());
  }

  /** Whether a word is what follows a flag that there is not, and so no CONFIG. */
  private static boolean strayValue(String word, ParseResult line) {
    List<String> words = line.originalArgs();
    int before = words.indexOf(word) - 1;
    return before >= 0 && line.unmatched().contains(words.get(before));
  }
}
