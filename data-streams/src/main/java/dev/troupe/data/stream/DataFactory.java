package dev.troupe.data.stream;

import dev.troupe.data.image.ImageTransform;
import dev.troupe.data.sample.Captions;
import dev.troupe.data.sample.FixedSource;
import dev.troupe.data.sample.SampleSource;
import dev.troupe.data.sample.TarSource;
import dev.troupe.data.shard.ShardCounts;
import dev.troupe.data.shard.ShardList;
import dev.troupe.data.store.Fetcher;
import dev.troupe.data.store.ShardCache;
import dev.troupe.data.store.StoreSpec;
import dev.troupe.data.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.pekko.stream.Materializer;

/**
 * Opens data sets: the way in. One per process, so that its workers share shards, connections and
 * decoding threads. Streams must be closed before their data set, and data sets before the factory.
 */
public final class DataFactory implements AutoCloseable {
  private static final int SYNTHETIC_SAMPLES = 100;

  private final StreamSpec stream;
  private final Materializer materializer;
  private final Fetcher fetcher;
  private final ShardCache cache;
  private final Workers workers;

  /**
   * @param materializer runs the streams' stages; blocking work has threads of its own
   */
  public DataFactory(StoreSpec store, StreamSpec stream, Materializer materializer) {
    this.stream = stream;
    this.materializer = materializer;
    this.fetcher = new Fetcher(store);
    this.cache = new ShardCache(store, fetcher);
    this.workers = new Workers(stream.decoders());
  }

  /**
   * Opens a training set: finds its shards and their sizes, and lays the plan.
   *
   * @throws DataException if there is no data, sizes are unknown or settings contradict each other;
   *     the message says what to do
   */
  public TrainingData training(
      DataSpec data, OrderSpec order, ImageTransform transform, Tokenizer tokenizer) {
    SampleSource source = source(data, transform);
    try {
      return new PlannedTrainingData(
          source, data, order, transform, tokenizer, stream, workers, materializer);
    } catch (RuntimeException e) {
      source.close();
      throw e;
    }
  }

  /**
   * Opens a data set for evaluation or embedding. Images are transformed and captions tokenized as
   * for training; random choices do not apply.
   *
   * @throws DataException as {@link #training}
   */
  public ValidationData validation(DataSpec data, ImageTransform transform, Tokenizer tokenizer) {
    SampleSource source = source(data.withResampling(false, null).withSamples(null), transform);
    return new OrderedValidationData(source, transform, tokenizer, stream, workers, materializer);
  }

  private SampleSource source(DataSpec data, ImageTransform transform) {
    DataSpec.Type type = type(data);
    if (type == DataSpec.Type.SYNTHETIC) {
      long samples = data.samples() == null ? SYNTHETIC_SAMPLES : data.samples();
      return FixedSource.synthetic(Math.toIntExact(samples), transform.size());
    }
    ShardList shards = ShardList.expand(data.location(), fetcher);
    if (type == DataSpec.Type.CSV) {
      String captions = data.captions() instanceof Captions.None ? null : data.csvCaptionKey();
      return FixedSource.csv(shards, data.csvSeparator(), data.csvImageKey(), captions);
    }
    if (type == DataSpec.Type.FOLDER) {
      return FixedSource.folders(shards, data.captions());
    }
    double[] factors = factors(data);
    ShardCounts counts =
        ShardCounts.find(
            shards, data.index(), data.samples(), data.resampled(), fetcher, workers.reading());
    return new TarSource(
        shards, counts, factors, data.captions(), data.index(), cache, workers.reading());
  }

  private static DataSpec.Type type(DataSpec data) {
    if (data.type() != DataSpec.Type.AUTO) {
      return data.type();
    }
    String location = data.location() == null ? "" : data.location();
    String ending = location.substring(location.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    if (ending.equals("csv") || ending.equals("tsv")) {
      return DataSpec.Type.CSV;
    }
    if (ending.equals("tar")) {
      return DataSpec.Type.WEBDATASET;
    }
    if (!location.isBlank()
        && !Fetcher.isRemote(location)
        && java.nio.file.Files.isDirectory(ShardList.local(location))) {
      return DataSpec.Type.FOLDER;
    }
    throw new DataException(
        "dataset-type: auto cannot tell the type of '"
            + location
            + "' (expected: an ending .tar, .csv or .tsv); set dataset-type");
  }

  private static double[] factors(DataSpec data) {
    if (data.upsamplingFactors() == null) {
      return null;
    }
    String flag = "train-data-upsampling-factors: " + data.upsamplingFactors();
    if (!data.resampled()) {
      throw new DataException(flag + " (expected: only together with dataset-resampled)");
    }
    List<String> parts = List.of(data.upsamplingFactors().split("::", -1));
    int sources = data.location().split("::", -1).length;
    if (parts.size() != sources) {
      throw new DataException(
          String.format(
              "%s: %d numbers (expected: %d, one for each source joined by '::' in train-data)",
              flag, parts.size(), sources));
    }
    double[] factors = new double[sources];
    for (int i = 0; i < sources; i++) {
      try {
        factors[i] = Double.parseDouble(parts.get(i).trim());
      } catch (NumberFormatException e) {
        factors[i] = -1;
      }
      if (!(factors[i] >= 0) || Double.isInfinite(factors[i])) {
        throw new DataException(
            flag + ": '" + parts.get(i) + "' (expected: numbers >= 0, joined by '::')");
      }
    }
    if (Arrays.stream(factors).sum() == 0) {
      throw new DataException(flag + " (expected: at least one number > 0)");
    }
    return factors;
  }

  @Override
  public void close() {
    fetcher.close();
    cache.close();
    workers.close();
  }
}
