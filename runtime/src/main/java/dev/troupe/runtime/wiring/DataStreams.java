package dev.troupe.runtime.wiring;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.troupe.data.sample.Captions;
import dev.troupe.data.sample.SkippedLog;
import dev.troupe.data.sample.SkippedSample;
import dev.troupe.data.store.StoreSpec;
import dev.troupe.data.stream.DataFactory;
import dev.troupe.data.stream.DataSpec;
import dev.troupe.data.stream.StreamSpec;
import dev.troupe.runtime.log.RunFolder;
import dev.troupe.runtime.settings.DataSettings;
import dev.troupe.runtime.settings.StorageSettings;
import dev.troupe.runtime.settings.TrainSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.Materializer;
import scala.concurrent.Await;

/**
 * The streams of one process, on an actor system of their own: what reads and decodes does not
 * share dispatchers with the cluster's heartbeats, and works without a cluster too.
 */
public final class DataStreams implements AutoCloseable {
  private final ActorSystem system;
  private final DataFactory factory;
  private final Optional<SkippedLog> skipped;

  private DataStreams(StoreSpec store, StreamSpec stream, Optional<SkippedLog> skipped) {
    Config config =
        ConfigFactory.parseString(
                """
                pekko.loglevel = WARNING
                pekko.loggers = ["org.apache.pekko.event.slf4j.Slf4jLogger"]
                pekko.logging-filter = "org.apache.pekko.event.slf4j.Slf4jLoggingFilter"
                pekko.jvm-shutdown-hooks = off
                pekko.scheduler.tick-duration = 33ms
                """)
            .withFallback(ConfigFactory.defaultReference());
    this.system = ActorSystem.create("troupe-data", config);
    this.factory = new DataFactory(store, stream, Materializer.matFromSystem(system));
    this.skipped = skipped;
  }

  /** The streams of a training run, which name skipped samples in the run's folder. */
  public static DataStreams open(TrainSettings settings, RunFolder folder) {
    Optional<SkippedLog> skipped =
        settings.log().writesFiles()
            ? Optional.of(new SkippedLog(folder.skipped()))
            : Optional.empty();
    Consumer<SkippedSample> sink = skipped.isPresent() ? skipped.get() : sample -> {};
    StreamSpec stream =
        StreamSpec.defaults()
            .withDecoders(Math.max(1, settings.data().workers()))
            .withSkips(settings.data().maxSkipRate(), sink);
    return new DataStreams(store(settings.storage()), stream, skipped);
  }

  /** Streams outside of a run: for evaluation and embedding. */
  public static DataStreams open(StorageSettings storage, StreamSpec stream) {
    return new DataStreams(store(storage), stream, Optional.empty());
  }

  public DataFactory factory() {
    return factory;
  }

  /** The stores and the cache that the settings describe. */
  public static StoreSpec store(StorageSettings settings) {
    StoreSpec defaults = StoreSpec.defaults();
    return defaults
        .withCache(
            settings.cacheDir().map(Path::of).orElse(defaults.cache().dir()),
            settings.cacheSize().bytes())
        .withS3(
            settings.s3Endpoint().orElse(null),
            settings.s3Region().orElse(null),
            settings.s3PathStyle(),
            settings.s3Anonymous());
  }

  /** {@code --train-data} and what belongs to it. */
  public static DataSpec trainingSpec(TrainSettings settings) {
    DataSettings data = settings.data();
    return spec(data, data.trainData().orElse(null))
        .withSamples(data.trainNumSamples().orElse(null))
        .withResampling(data.datasetResampled(), data.trainDataUpsamplingFactors().orElse(null));
  }

  /** {@code --val-data} and what belongs to it. */
  public static Optional<DataSpec> validationSpec(TrainSettings settings) {
    DataSettings data = settings.data();
    return data.valData()
        .map(location -> spec(data, location).withSamples(data.valNumSamples().orElse(null)));
  }

  public static DataSpec spec(DataSettings data, String location) {
    return DataSpec.of(location)
        .withType(DataSpec.Type.valueOf(data.datasetType().name()))
        .withCaptions(
            data.captionKey().<Captions>map(Captions.JsonField::new).orElseGet(Captions::txt))
        .withCsv(data.csvSeparator(), data.csvImgKey(), data.csvCaptionKey());
  }

  @Override
  public void close() {
    factory.close();
    system.terminate();
    try {
      Await.ready(
          system.whenTerminated(),
          scala.concurrent.duration.Duration.fromNanos(Duration.ofSeconds(10).toNanos()));
    } catch (InterruptedException | TimeoutException e) {
      Thread.currentThread().interrupt();
    }
    skipped.ifPresent(
        log -> {
          try {
            log.close();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }
}
