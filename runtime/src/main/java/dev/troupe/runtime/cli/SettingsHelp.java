package dev.troupe.runtime.cli;

import dev.troupe.runtime.settings.SettingGroup;
import dev.troupe.runtime.settings.SettingKey;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.TextTable;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.UsageMessageSpec;

/** Lists the flags of a command that takes settings, in groups, in the order of declaration. */
final class SettingsHelp implements IHelpSectionRenderer {
  private static final int FLAG_COLUMN = 32;

  private final Class<? extends Record> type;

  private SettingsHelp(Class<? extends Record> type) {
    this.type = type;
  }

  static void addTo(CommandLine command, Class<? extends Record> type) {
    SettingsHelp help = new SettingsHelp(type);
    Map<String, IHelpSectionRenderer> sections = command.getHelpSectionMap();
    IHelpSectionRenderer own = sections.get(UsageMessageSpec.SECTION_KEY_OPTION_LIST);
    sections.put(
        UsageMessageSpec.SECTION_KEY_OPTION_LIST, page -> own.render(page) + help.render(page));
  }

  @Override
  public String render(Help help) {
    Map<Class<?>, List<SettingKey>> groups = new LinkedHashMap<>();
    SettingKey.offered(type)
        .values()
        .forEach(key -> groups.computeIfAbsent(key.group(), g -> new ArrayList<>()).add(key));
    StringBuilder text = new StringBuilder();
    int width = help.commandSpec().usageMessage().width();
    groups.forEach(
        (group, keys) -> {
          String heading = group.getAnnotation(SettingGroup.class).value();
          text.append(help.colorScheme().text(String.format("%n@|bold %s|@%n", heading)));
          TextTable table =
              TextTable.forColumns(
                  help.colorScheme(),
                  new Column(FLAG_COLUMN, 2, Column.Overflow.SPAN),
                  new Column(width - FLAG_COLUMN, 2, Column.Overflow.WRAP));
          keys.forEach(
              key ->
                  table.addRowValues(
                      help.colorScheme().optionText(flag(key)),
                      help.colorScheme().text(description(key))));
          text.append(table);
        });
    return text.toString();
  }

  private static String flag(SettingKey key) {
    String label = key.setting().label();
    if (label.isEmpty() && !key.isSwitch()) {
      label = key.choices().size() > 4 ? "…" : String.join("|", key.choices());
    }
    return ("--" + key.name() + " " + label).trim();
  }

  private static String description(SettingKey key) {
    StringBuilder text = new StringBuilder(key.setting().value());
    if (key.choices().size() > 4) {
      text.append(" One of ").append(String.join(", ", key.choices())).append('.');
    }
    String byDefault = key.setting().byDefault().replace("\t", "tab");
    if (!byDefault.isEmpty()) {
      text.append(" [").append(byDefault).append(']');
    }
    return text.toString();
  }
}
