package dev.troupe.runtime.cli;

import dev.troupe.data.sample.Captions;
import dev.troupe.data.sample.SkippedSample;
import dev.troupe.data.stream.DataSpec;
import dev.troupe.data.verify.DataVerifier;
import dev.troupe.data.verify.Spread;
import dev.troupe.data.verify.VerifyReport;
import dev.troupe.runtime.log.Terminal;
import dev.troupe.runtime.settings.DatasetType;
import dev.troupe.runtime.settings.StoreSettings;
import dev.troupe.runtime.wiring.DataStreams;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code troupe verify}. */
@Command(
    name = "verify",
    customSynopsis = "./troupe verify SHARDS [--threads N] [--show N] [--json] …",
    description = {
      "Checks a data set fully: decodes every image, reads every caption, compares every count.",
      "Ends with 1 if something is broken, lost or miscounted."
    },
    footer = {
      "%nExamples:",
      "  ./troupe verify 'data/emoji/train-{0000..0007}.tar'",
      "  ./troupe verify pairs.csv --csv-separator , --json",
      ""
    })
final class VerifyCommand extends SettingsCommand<StoreSettings> {
  @Parameters(
      paramLabel = "SHARDS",
      description = "Tars or a CSV file, in the forms of train --train-data.")
  private String location;

  @Option(
      names = "--dataset-type",
      paramLabel = "TYPE",
      defaultValue = "auto",
      description = "webdataset, csv or auto. [${DEFAULT-VALUE}]")
  private DatasetType type;

  @Option(
      names = "--caption-key",
      paramLabel = "FIELD",
      description = "Take captions from this field of the .json.")
  private String captionKey;

  @Option(names = "--csv-separator", paramLabel = "CHAR", description = "CSV: separator. [tab]")
  private String csvSeparator = "\t";

  @Option(
      names = "--csv-img-key",
      paramLabel = "COLUMN",
      defaultValue = "filepath",
      description = "CSV: column of image paths. [${DEFAULT-VALUE}]")
  private String csvImgKey;

  @Option(
      names = "--csv-caption-key",
      paramLabel = "COLUMN",
      defaultValue = "title",
      description = "CSV: column of captions. [${DEFAULT-VALUE}]")
  private String csvCaptionKey;

  @Option(names = "--threads", paramLabel = "N", description = "Shards read at a time. [all cores]")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--show",
      paramLabel = "N",
      defaultValue = "20",
      description = "Broken samples that are named. [${DEFAULT-VALUE}]")
  private int show;

  @Mixin private Figures figures;

  VerifyCommand() {
    super(StoreSettings.class);
  }

  @Override
  public Integer call() throws InterruptedException {
    StoreSettings settings = read(null).load();
    DataSpec data =
        DataSpec.of(location)
            .withType(DataSpec.Type.valueOf(type.name()))
            .withCaptions(captionKey == null ? Captions.txt() : new Captions.JsonField(captionKey))
            .withCsv(csvSeparator, csvImgKey, csvCaptionKey);
    Terminal terminal = Terminal.error();
    AtomicLong named = new AtomicLong();
    VerifyReport report =
        DataVerifier.verify(
            data,
            DataStreams.store(settings.storage()),
            threads,
            (shards, of, samples, broken) ->
                terminal.status(
                    "verified %d of %d shards, %d samples, %d broken"
                        .formatted(shards, of, samples, broken)),
            sample -> name(terminal, named, sample));
    terminal.status("");
    if (named.get() > show) {
      terminal.line("… and " + (named.get() - show) + " more");
    }
    if (figures.json()) {
      Figures.printJson(report);
    } else {
      print(report, terminal);
    }
    return report.isSound() ? 0 : 1;
  }

  private void name(Terminal terminal, AtomicLong named, SkippedSample sample) {
    if (named.getAndIncrement() < show) {
      terminal.line("broken: " + sample.sample() + ": " + sample.reason());
    }
  }

  private void print(VerifyReport report, Terminal terminal) {
    Map<String, Object> rows = new LinkedHashMap<>();
    rows.put("shards", report.shards());
    rows.put("samples", report.samples());
    rows.put("broken samples", report.broken());
    rows.put("bytes of images", report.imageBytes());
    report.formats().forEach((format, count) -> rows.put("images in " + format, count));
    rows.put("image widths", text(report.widths()));
    rows.put("image heights", text(report.heights()));
    rows.put("characters of captions", text(report.captionLengths()));
    rows.put("empty captions", report.emptyCaptions());
    rows.put("captions cut at 77 tokens", report.longCaptions());
    rows.put("repeated keys in a shard", report.repeatedKeys());
    rows.put("repeated images", report.repeatedImages());
    rows.put("repeated images with caption", report.repeatedPairs());
    figures.print(rows);
    report.reasons().forEach((why, count) -> terminal.line("broken: " + count + " × " + why));
    report.wrongCounts().forEach(count -> terminal.line("miscounted: " + count));
    report.damages().forEach(damage -> terminal.line("damaged: " + damage));
    terminal.line(report.isSound() ? "The data set is sound." : "The data set has faults.");
  }

  private static String text(Spread spread) {
    return String.format(
        Locale.ROOT,
        "%d to %d, median %d, mean %.1f",
        spread.min(),
        spread.max(),
        spread.median(),
        spread.mean());
  }
}
