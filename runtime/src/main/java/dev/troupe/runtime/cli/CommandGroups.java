package dev.troupe.runtime.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.TextTable;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The commands, in the groups in which {@code ./troupe --help} shows them. */
final class CommandGroups implements IHelpSectionRenderer {
  private static final int NAME_COLUMN = 16;
  private static final int TEXT_COLUMN = 76;

  private final Map<String, List<Object>> groups = new LinkedHashMap<>();

  private CommandGroups() {
    groups.put(
        "Train and use a model",
        List.of(
            new TrainCommand(),
            new EvalCommand(),
            new EmbedCommand(),
            new ExportCommand(),
            new ModelsCommand(),
            new InterpolateCommand()));
    groups.put("Prepare data", List.of(new IndexCommand(), new VerifyCommand()));
    groups.put(
        "See and steer a run",
        List.of(
            new StatusCommand(), new DrainCommand(), new CheckpointCommand(), new StopCommand()));
    groups.put("Secure a cluster", List.of(new CertsCommand()));
    groups.put("Measure", List.of(new BenchCommand()));
  }

  static void addTo(CommandLine line) {
    CommandGroups groups = new CommandGroups();
    groups.groups.values().forEach(commands -> commands.forEach(line::addSubcommand));
    line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, groups);
    line.getHelpSectionMap().remove(UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING);
  }

  @Override
  public String render(Help help) {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, List<Object>> group : groups.entrySet()) {
      text.append(help.colorScheme().text(String.format("%n@|bold %s|@%n", group.getKey())));
      TextTable table =
          TextTable.forColumns(
              help.colorScheme(),
              new Column(NAME_COLUMN, 2, Column.Overflow.SPAN),
              new Column(TEXT_COLUMN, 2, Column.Overflow.WRAP));
      for (Object command : group.getValue()) {
        CommandLine.Model.CommandSpec spec =
            help.subcommands().values().stream()
                .map(Help::commandSpec)
                .filter(candidate -> candidate.userObject() == command)
                .findFirst()
                .orElseThrow();
        table.addRowValues(spec.name(), spec.usageMessage().description()[0]);
      }
      text.append(table);
    }
    return text.toString();
  }
}
