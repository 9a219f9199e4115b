package dev.troupe.runtime.cli;

import dev.troupe.data.shard.ShardIndexer;
import dev.troupe.runtime.log.Terminal;
import dev.troupe.runtime.settings.StoreSettings;
import dev.troupe.runtime.wiring.DataStreams;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code troupe index}. */
@Command(
    name = "index",
    customSynopsis = "./troupe index SHARDS [--out DIR] [--parallel N] [--json]",
    description = {
      "Counts the samples of shards and notes their places, for an exact plan and quick starts.",
      "Run again, it goes over what is new or has changed. Writes sizes.json too, as OpenCLIP reads"
          + " it."
    },
    footer = {
      "%nExamples:",
      "  ./troupe index 'shards/{00000..00999}.tar'",
      "  ./troupe index 's3://bucket/laion/{00000..41455}.tar' --out laion-index --parallel 32",
      ""
    })
final class IndexCommand extends SettingsCommand<StoreSettings> {
  @Parameters(paramLabel = "SHARDS", description = "Tars, in the forms of train --train-data.")
  private String shards;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Folder of the index. [index beside the first shard, where it is local]")
  private Path out;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      defaultValue = "8",
      description = "Shards read at the same time. [${DEFAULT-VALUE}]")
  private int parallel;

  @Mixin private Figures figures;

  IndexCommand() {
    super(StoreSettings.class);
  }

  @Override
  public Integer call() throws InterruptedException {
    StoreSettings settings = read(null).load();
    Terminal terminal = Terminal.error();
    ShardIndexer.Report report =
        new ShardIndexer(
                DataStreams.store(settings.storage()),
                parallel,
                (url, samples, fresh, done, of) ->
                    terminal.status("indexed %d of %d shards: %s".formatted(done, of, url)))
            .run(shards, out);
    terminal.status("");
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("index", report.folder().toString());
    row.put("shards", report.shards());
    row.put("read_now", report.fresh());
    row.put("samples", report.samples());
    row.put("bytes", report.bytes());
    if (figures.json()) {
      row.put("damages", report.damages());
      row.put("failures", report.failures());
    }
    figures.print(row);
    report.damages().forEach(damage -> terminal.line("damaged: " + damage));
    report.failures().forEach(failure -> terminal.line("failed: " + failure));
    return report.failures().isEmpty() ? 0 : 1;
  }
}
