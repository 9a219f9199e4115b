package dev.troupe.data.shard;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.data.store.Fetcher;
import dev.troupe.data.store.StoreSpec;
import dev.troupe.data.stream.DataException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Builds the index of a data set: a file for each shard with its samples' places, and a {@code
 * sizes.json} with their numbers, which OpenCLIP reads as well. Remote shards are read by ranges,
 * from header to header where members are large. A second run goes over what is new or has changed.
 */
public final class ShardIndexer {
  private final StoreSpec store;
  private final int parallel;
  private final Progress progress;

  /** Hears of every shard that is done, from several threads but one at a time. */
  @FunctionalInterface
  public interface Progress {
    /**
     * @param url the shard
     * @param samples its samples, or -1 if it cannot be read
     * @param folder where the index is
     * @param fresh whether it was read now, in contrast to an earlier run
     * @param done shards done so far
     * @param of shards in all
     */
    void shard(String url, int samples, boolean fresh, int done, int of);
  }

  /**
   * What came of it.
   *
   * @param folder where the index is
   * @param shards indexed shards
   * @param fresh those that were read now
   * @param samples samples in all
   * @param bytes bytes of all shards
   * @param damages parts of shards that are lost, in words
   * @param failures shards that cannot be read, in words
   */
  public record Report(
      Path folder,
      int shards,
      int fresh,
      long samples,
      long bytes,
      List<String> damages,
      List<String> failures) {}

  /**
   * @param parallel shards that are read at the same time
   */
  public ShardIndexer(StoreSpec store, int parallel, Progress progress) {
    this.store = store;
    this.parallel = parallel;
    this.progress = progress;
  }

  /**
   * Where the index of a location goes, and where training looks for it, unless a folder is named:
   * {@code index} beside the first shard; null for remote shards.
   */
  public static Path defaultFolder(ShardList shards) {
    String first = shards.urls().get(0);
    return Fetcher.isRemote(first)
        ? null
        : ShardList.local(first).toAbsolutePath().resolveSibling("index");
  }

  private record Done(String url, int samples, long bytes, boolean fresh, List<String> damages) {}

  /**
   * Indexes all shards of a location.
   *
   * @param wanted folder of the index, made if need be; null for the {@link #defaultFolder}
   */
  public Report run(String location, Path wanted) throws InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(parallel);
    try (Fetcher fetcher = new Fetcher(store)) {
      ShardList shards = ShardList.expand(location, fetcher);
      List<String> urls = shards.urls();
      Path folder = wanted != null ? wanted : defaultFolder(shards);
      if (folder == null) {
        throw new DataException(
            location + ": the index of remote shards needs a local folder; name one (--out)");
      }
      Files.createDirectories(folder);
      List<Future<Done>> tasks = new ArrayList<>();
      int[] done = {0};
      for (String url : urls) {
        tasks.add(
            threads.submit(
                () -> {
                  int samples = -1;
                  boolean fresh = true;
                  try {
                    Done result = index(url, folder, fetcher);
                    samples = result.samples;
                    fresh = result.fresh;
                    return result;
                  } finally {
                    synchronized (done) {
                      progress.shard(url, samples, fresh, ++done[0], urls.size());
                    }
                  }
                }));
      }
      return finish(urls, tasks, folder);
    } catch (IOException e) {
      throw new DataException("the index cannot be written: " + e.getMessage(), e);
    } finally {
      threads.shutdownNow();
    }
  }

  private static Done index(String url, Path folder, Fetcher fetcher) throws IOException {
    Path file = ShardIndexes.file(folder, url);
    if (Files.exists(file)) {
      try {
        ShardIndexFile.Head head = ShardIndexFile.readHead(file);
        if (isCurrent(url, head, fetcher)) {
          return new Done(url, head.samples(), head.shardSize(), false, List.of());
        }
      } catch (EOFException e) {
        // Cut off: made again.
      }
    }
    ShardScan scan = ShardScan.of(url, fetcher);
    new ShardIndexFile(scan.version(), scan.index()).write(file);
    return new Done(
        url,
        scan.index().samples(),
        scan.index().shardSize(),
        true,
        scan.index().damages().stream().map(damage -> url + ": " + damage.what()).toList());
  }

  private static boolean isCurrent(String url, ShardIndexFile.Head head, Fetcher fetcher)
      throws IOException {
    if (Fetcher.isRemote(url)) {
      Fetcher.ObjectInfo info = fetcher.stat(url);
      return info.size() == head.shardSize()
          && String.valueOf(info.version()).equals(head.version());
    }
    Path shard = ShardList.local(url);
    return Files.size(shard) == head.shardSize() && ShardScan.version(shard).equals(head.version());
  }

  private static Report finish(List<String> urls, List<Future<Done>> tasks, Path folder)
      throws InterruptedException, IOException {
    Map<String, Integer> sizes = new LinkedHashMap<>();
    List<String> damages = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    Set<String> ambiguous = ambiguousNames(urls);
    int fresh = 0;
    long samples = 0;
    long bytes = 0;
    for (int i = 0; i < urls.size(); i++) {
      try {
        Done done = tasks.get(i).get();
        String name = ShardList.lastParts(done.url, 1);
        sizes.put(ambiguous.contains(name) ? done.url : name, done.samples);
        damages.addAll(done.damages);
        fresh += done.fresh ? 1 : 0;
        samples += done.samples;
        bytes += done.bytes;
      } catch (ExecutionException e) {
        failures.add(failure(urls.get(i), e.getCause()));
      }
    }
    Path file = folder.resolve(ShardCounts.SIZES);
    Path part = folder.resolve(ShardCounts.SIZES + ".part");
    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(part.toFile(), sizes);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return new Report(
        folder,
        sizes.size(),
        fresh,
        samples,
        bytes,
        Collections.unmodifiableList(damages),
        Collections.unmodifiableList(failures));
  }

  private static String failure(String url, Throwable cause) {
    if (cause instanceof NoSuchFileException) {
      return url + ": no such file";
    }
    String message = String.valueOf(cause.getMessage());
    return message.startsWith(url + ": ") ? message : url + ": " + cause;
  }

  /** Names that several shards have: their counts go under their whole addresses. */
  private static Set<String> ambiguousNames(List<String> urls) {
    Set<String> seen = new HashSet<>();
    Set<String> twice = new HashSet<>();
    for (String url : new LinkedHashSet<>(urls)) {
      String name = ShardList.lastParts(url, 1);
      if (!seen.add(name)) {
        twice.add(name);
      }
    }
    return twice;
  }
}
