package dev.troupe.runtime.cli;

import com.typesafe.config.ConfigFactory;
import dev.troupe.data.bench.DataBenchmark;
import dev.troupe.data.store.StoreSpec;
import dev.troupe.data.stream.DataSpec;
import dev.troupe.runtime.log.Terminal;
import dev.troupe.runtime.settings.SettingsException;
import dev.troupe.runtime.settings.StoreSettings;
import dev.troupe.runtime.wiring.DataStreams;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
    description = {
      "Times the input pipeline: read, decode, OpenCLIP's training transform, tokenize, batch.",
      "With --consume-rate, a slow consumer takes the batches, and the memory is shown instead."
    },
    footer = {
      "%nExamples:",
      "  ./troupe bench data 'data/emoji/train-{0000..0007}.tar' --image-size 64 --workers 2",
      "  ./troupe bench data 'data/emoji/train-{0000..0007}.tar' --consume-rate 1 --seconds 60",
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

  @Option(
      names = "--consume-rate",
      paramLabel = "R",
      description = "Take R batches of 64 a second only. [as fast as they come]")
  private Double consumeRate;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "60",
      description = "Time to take them for; the memory is shown twelve times. [${DEFAULT-VALUE}]")
  private double seconds;

  @Mixin private Figures figures;

  BenchDataCommand() {
    super(StoreSettings.class);
  }

  @Override
  public Integer call() throws InterruptedException {
    if (consumeRate != null && !(consumeRate > 0)) {
      throw new SettingsException(List.of("consume-rate: " + consumeRate + " (expected: > 0)"));
    }
    StoreSpec store = DataStreams.store(read(null).load().storage());
    ActorSystem system = ActorSystem.create("troupe-bench", ConfigFactory.load());
    try {
      Materializer materializer = Materializer.matFromSystem(system);
      if (consumeRate == null) {
        time(store, materializer);
      } else {
        watch(store, materializer);
      }
      return 0;
    } finally {
      system.terminate();
    }
  }

  private void time(StoreSpec store, Materializer materializer) throws InterruptedException {
    DataBenchmark.Result result =
        DataBenchmark.run(DataSpec.of(location), store, samples, workers, imageSize, materializer);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("samples", result.samples());
    row.put("workers", result.workers());
    row.put("image_size", result.image_size());
    row.put("seconds", result.seconds());
    row.put("samples_per_second", result.samples_per_second());
    row.put("busy_cores", result.busy_cores());
    row.put("first_batch_seconds", result.first_batch_seconds());
    figures.print(row);
  }

  private void watch(StoreSpec store, Materializer materializer) throws InterruptedException {
    List<Map<String, Object>> rows = new ArrayList<>();
    DataBenchmark.paced(
        DataSpec.of(location),
        store,
        consumeRate,
        seconds,
        workers,
        imageSize,
        materializer,
        look -> {
          Map<String, Object> row = new LinkedHashMap<>();
          row.put("seconds", look.seconds());
          row.put("batches", look.batches());
          row.put("heap_mib", look.heap_mib());
          row.put("native_mib", look.native_mib());
          row.put("resident_mib", look.resident_mib());
          rows.add(row);
          Terminal.error().status("%d batches in %.0f s".formatted(look.batches(), look.seconds()));
        });
    Terminal.error().status("");
    figures.print("memory", rows);
  }
}
