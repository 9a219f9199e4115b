package dev.troupe.data.sample;

import dev.troupe.data.shard.ShardList;
import dev.troupe.data.stream.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Data sets whose samples are all known from the start: tables, folders, synthetic ones. */
public final class FixedSource implements SampleSource {
  private final List<String> urls;
  private final String[] names;
  private final List<SampleShard> shards;

  private FixedSource(List<String> urls, String[] names, List<SampleShard> shards) {
    this.urls = urls;
    this.names = names;
    this.shards = shards;
  }

  /** Tables, see {@link CsvSamples}. */
  public static FixedSource csv(
      ShardList list, String separator, String imageKey, String captionKey) {
    List<SampleShard> tables = new ArrayList<>();
    for (String url : list.urls()) {
      if (dev.troupe.data.store.Fetcher.isRemote(url)) {
        throw new DataException(url + ": tables are read from local files; copy it first");
      }
      tables.add(new CsvSamples(ShardList.local(url), separator, imageKey, captionKey));
    }
    return new FixedSource(list.urls(), list.names(), tables);
  }

  /** Images under folders, see {@link FolderSamples}. */
  public static FixedSource folders(ShardList list, Captions captions) {
    List<SampleShard> folders = new ArrayList<>();
    for (String url : list.urls()) {
      Path folder = ShardList.local(url);
      if (!Files.isDirectory(folder)) {
        throw new DataException(folder + ": no such folder");
      }
      folders.add(new FolderSamples(folder, captions));
    }
    return new FixedSource(list.urls(), list.names(), folders);
  }

  /** Black images, see {@link SyntheticSamples}. */
  public static FixedSource synthetic(int samples, int imageSize) {
    return new FixedSource(
        List.of("synthetic"),
        new String[] {"synthetic"},
        List.of(new SyntheticSamples(samples, imageSize)));
  }

  @Override
  public int shards() {
    return shards.size();
  }

  @Override
  public String url(int shard) {
    return urls.get(shard);
  }

  @Override
  public String name(int shard) {
    return names[shard];
  }

  @Override
  public int[] counts() {
    return shards.stream().mapToInt(SampleShard::size).toArray();
  }

  @Override
  public boolean presumed() {
    return false;
  }

  @Override
  public double[] weights() {
    double[] weights = new double[shards.size()];
    Arrays.fill(weights, 1);
    return weights;
  }

  @Override
  public CompletableFuture<SampleShard> open(int shard) {
    return CompletableFuture.completedFuture(new Kept(shards.get(shard)));
  }

  @Override
  public void close() {
    shards.forEach(SampleShard::close);
  }

  /** A shard that stays open for the next use. */
  private record Kept(SampleShard shard) implements SampleShard {
    @Override
    public int size() {
      return shard.size();
    }

    @Override
    public String key(int ordinal) {
      return shard.key(ordinal);
    }

    @Override
    public RawSample read(int ordinal, long seed) throws BadSampleException, IOException {
      return shard.read(ordinal, seed);
    }

    @Override
    public void close() {}
  }
}
