package dev.troupe.runtime.cli;

import com.typesafe.config.ConfigFactory;
import dev.troupe.data.bench.DataBenchmark;
import dev.troupe.data.stream.DataSpec;
import dev.troupe.runtime.settings.StoreSettings;
import dev.troupe.runtime.wiring.DataStreams;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.Materializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code troupe bench data}. */
@Command(
    name = "data",
    customSynopsis = "./troupe bench data SHARDS [--samples N] [--workers N] [--image-size N] …",
    description =
        "Times the input pipeline: read, decode, OpenCLIP's training transform, tokenize, batch.",
    footer = {
      "%nExample:",
      "  ./troupe bench data 'data/emoji/train-{0000..0007}.tar' --image-size 64 --workers 2",
      ""
    })
final class BenchDataCommand extends SettingsCommand<StoreSettings> {
  @Parameters(paramLabel = "SHARDS", description = "Data in the forms of train --train-data.")
  private String location;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "8192",
      description = "Samples timed, after a warm-up. [${DEFAULT-VALUE}]")
  private long samples;

  @Option(names = "--workers", paramLabel = "N", description = "Decoding threads. [all cores]")
  private int workers = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--image-size",
      paramLabel = "PIXELS",
      defaultValue = "224",
      description = "Height and width of the result. [${DEFAULT-VALUE}]")
  private int imageSize;

  @Mixin private Figures figures;

  BenchDataCommand() {
    super(StoreSettings.class);
  }

  @Override
  public Integer call() throws InterruptedException {
    StoreSettings settings = read(null).load();
    ActorSystem system = ActorSystem.create("troupe-bench", ConfigFactory.load());
    try {
      DataBenchmark.Result result =
          DataBenchmark.run(
              DataSpec.of(location),
              DataStreams.store(settings.storage()),
              samples,
              workers,
              imageSize,
              Materializer.matFromSystem(system));
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("samples", result.samples());
      row.put("workers", result.workers());
      row.put("image_size", result.image_size());
      row.put("seconds", result.seconds());
      row.put("samples_per_second", result.samples_per_second());
      row.put("first_batch_seconds", result.first_batch_seconds());
      figures.print(row);
      return 0;
    } finally {
      system.terminate();
    }
  }
}
