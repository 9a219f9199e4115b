package dev.troupe.data.stream;

import dev.troupe.data.sample.Captions;
import dev.troupe.data.sample.FixedSource;
import dev.troupe.data.sample.SampleSource;
import dev.troupe.data.sample.TarSource;
import dev.troupe.data.shard.ShardCounts;
import dev.troupe.data.shard.ShardIndexer;
import dev.troupe.data.shard.ShardList;
import dev.troupe.data.store.Fetcher;
import dev.troupe.data.store.ShardCache;
import dev.troupe.data.store.StoreSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** Finds out what a location is and opens it. Holds connections and the cache of remote shards. */
public final class DataSources implements AutoCloseable {
  private static final int SYNTHETIC_SAMPLES = 100;

  private final Fetcher fetcher;
  private final ShardCache cache;
  private final Executor executor;
  private final ExecutorService ahead;

  /**
   * @param executor opens and counts shards; its threads wait for the disk
   */
  public DataSources(StoreSpec store, Executor executor) {
    this.fetcher = new Fetcher(store);
    this.cache = new ShardCache(store, fetcher);
    this.executor = executor;
    // As many as shards are asked for ahead: a store that does not answer must not hold up reading.
    this.ahead =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "troupe-ahead");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Opens a data set whose stated counts a plan can be made of.
   *
   * @param imageSize of synthetic images
   */
  public SampleSource open(DataSpec data, int imageSize) {
    return open(
        data,
        imageSize,
        shards ->
            ShardCounts.find(
                shards,
                index(data, shards),
                data.samples(),
                data.resampling().on(),
                fetcher,
                executor));
  }

  /** Opens a data set to look at all of it: unknown counts stay -1. */
  public SampleSource openUncounted(DataSpec data) {
    return open(
        data,
        1,
        shards ->
            new ShardCounts(ShardCounts.stated(shards.urls(), index(data, shards), fetcher), true));
  }

  private SampleSource open(DataSpec data, int imageSize, Function<ShardList, ShardCounts> count) {
    DataSpec.Type type = type(data);
    if (type == DataSpec.Type.SYNTHETIC) {
      long samples = data.samples() == null ? SYNTHETIC_SAMPLES : data.samples();
      return FixedSource.synthetic(Math.toIntExact(samples), imageSize);
    }
    ShardList shards = ShardList.expand(data.location(), fetcher);
    if (type == DataSpec.Type.CSV) {
      String captions = data.captions() instanceof Captions.None ? null : data.csv().captionKey();
      return FixedSource.csv(shards, data.csv().separator(), data.csv().imageKey(), captions);
    }
    if (type == DataSpec.Type.FOLDER) {
      return FixedSource.folders(shards, data.captions());
    }
    double[] factors = factors(data);
    return new TarSource(
        shards,
        count.apply(shards),
        factors,
        data.captions(),
        index(data, shards),
        fetcher,
        cache,
        executor,
        ahead);
  }

  /** The index that is named, or one that stands at its default place. */
  private static Path index(DataSpec data, ShardList shards) {
    if (data.index() != null) {
      return data.index();
    }
    Path folder = ShardIndexer.defaultFolder(shards);
    return folder != null && Files.exists(folder.resolve(ShardCounts.SIZES)) ? folder : null;
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
        && Files.isDirectory(ShardList.local(location))) {
      return DataSpec.Type.FOLDER;
    }
    throw new DataException(
        "dataset-type: auto cannot tell the type of '"
            + location
            + "' (expected: an ending .tar, .csv or .tsv); set dataset-type");
  }

  private static double[] factors(DataSpec data) {
    if (data.resampling().factors() == null) {
      return null;
    }
    String flag = "train-data-upsampling-factors: " + data.resampling().factors();
    if (!data.resampling().on()) {
      throw new DataException(flag + " (expected: only together with dataset-resampled)");
    }
    List<String> parts = List.of(data.resampling().factors().split("::", -1));
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
    ahead.shutdownNow();
  }
}
