package dev.troupe.data.shard;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.troupe.data.store.Fetcher;
import dev.troupe.data.store.StoreException;
import dev.troupe.data.stream.DataException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Samples of each shard, from the first of these that says: the index folder's {@code sizes.json};
 * a {@code sizes.json} beside the shards; the shards' own headers, if that is not too much to read;
 * the wanted number of samples, spread evenly over the shards.
 *
 * @param of stated samples of each shard
 * @param presumed whether they are guesses
 */
public record ShardCounts(int[] of, boolean presumed) {
  private static final Logger LOG = LoggerFactory.getLogger(ShardCounts.class);

  /** Hundreds of thousands of names that come once each: nothing to gain by a table of them. */
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  /** Name of the file that states counts, as OpenCLIP's. */
  public static final String SIZES = "sizes.json";

  /** Local shards are counted at the start up to so many bytes: a few minutes of a slow disk. */
  private static final long MOST_SCANNED_BYTES = 50_000_000_000L;

  private static final int MOST_SCANNED_REMOTE = 64;
  private static final int MOST_CHECKED = 10_000;
  private static final int PROBES = 3;

  /**
   * Finds the counts.
   *
   * @param index folder of an index, or null
   * @param samples wanted samples of an epoch, or null
   * @param resampled whether shards are drawn with replacement
   * @param executor counts shards side by side
   */
  public static ShardCounts find(
      ShardList shards,
      Path index,
      Long samples,
      boolean resampled,
      Fetcher fetcher,
      Executor executor) {
    List<String> urls = shards.urls();
    checkLocal(urls);
    int[] counts = stated(urls, index, fetcher);
    Long total = samples;
    int[] unknown = IntStream.range(0, counts.length).filter(i -> counts[i] < 0).toArray();
    if (unknown.length == 0) {
      return new ShardCounts(counts, false);
    }
    if (mayScan(urls, unknown)) {
      scan(urls, unknown, counts, fetcher, executor);
      return new ShardCounts(counts, false);
    }
    if (total == null) {
      total = length(urls.get(0));
    }
    if (total == null) {
      throw new DataException(
          String.format(
              "%s: its number of samples is not known, nor that of %d more shards, which are too"
                  + " many to count now; run `troupe index`, put a sizes.json beside them, or set"
                  + " train-num-samples",
              urls.get(unknown[0]), unknown.length - 1));
    }
    int each = (int) Math.max(1, (total + urls.size() - 1) / urls.size());
    if (resampled) {
      // The wanted samples say nothing about a shard here: an epoch is any number of draws.
      int[] probes = Arrays.copyOf(unknown, Math.min(PROBES, unknown.length));
      scan(urls, probes, counts, fetcher, executor);
      each = Arrays.stream(probes).map(i -> counts[i]).sorted().toArray()[probes.length / 2];
    }
    LOG.warn(
        "{} shards of unknown size are presumed to hold {} samples each; run `troupe index` for an"
            + " exact plan",
        unknown.length,
        each);
    for (int i : unknown) {
      counts[i] = Math.max(1, each);
    }
    return new ShardCounts(counts, true);
  }

  /** What an index or a {@code sizes.json} says of each shard; -1 where none does. */
  public static int[] stated(List<String> urls, Path index, Fetcher fetcher) {
    int[] counts = new int[urls.size()];
    Arrays.fill(counts, -1);
    if (index != null) {
      fromIndex(urls, index, counts);
    }
    Map<String, Map<String, Long>> sizes = new HashMap<>();
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] >= 0) {
        continue;
      }
      String url = urls.get(i);
      String folder = folder(url);
      Map<String, Long> stated = sizes.computeIfAbsent(folder, f -> sizes(f, url, fetcher));
      Long count = stated.get(ShardList.lastParts(url, 1));
      counts[i] = count == null ? -1 : checked(count, folder + SIZES);
    }
    return counts;
  }

  private static int checked(long count, String where) {
    if (count < 0 || count > Integer.MAX_VALUE) {
      throw new DataException(where + ": " + count + " samples (expected: 0 to 2147483647)");
    }
    return (int) count;
  }

  private static void checkLocal(List<String> urls) {
    if (urls.size() > MOST_CHECKED) {
      return;
    }
    List<String> missing =
        urls.stream()
            .filter(url -> !Fetcher.isRemote(url) && !Files.isReadable(ShardList.local(url)))
            .toList();
    if (!missing.isEmpty()) {
      String first = missing.get(0);
      throw new DataException(
          String.format(
              "%s: %s%s",
              first,
              Files.exists(ShardList.local(first)) ? "cannot be read" : "no such file",
              missing.size() == 1
                  ? ""
                  : ", and " + (missing.size() - 1) + " more of " + urls.size() + " shards"));
    }
  }

  private static void fromIndex(List<String> urls, Path index, int[] counts) {
    Path file = index.resolve(SIZES);
    Map<String, Long> sizes;
    try {
      sizes = parse(Files.readAllBytes(file), file.toString());
    } catch (IOException e) {
      throw new DataException(file + ": cannot be read; run `troupe index` first", e);
    }
    for (int i = 0; i < counts.length; i++) {
      Long count = sizes.get(urls.get(i));
      count = count != null ? count : sizes.get(ShardList.lastParts(urls.get(i), 1));
      counts[i] = count == null ? -1 : checked(count, file.toString());
    }
  }

  static String folder(String url) {
    int slash = url.lastIndexOf('/');
    return slash < 0 ? "" : url.substring(0, slash + 1);
  }

  private static Map<String, Long> sizes(String folder, String url, Fetcher fetcher) {
    String place = folder + SIZES;
    try {
      if (!Fetcher.isRemote(url)) {
        Path file = ShardList.local(url).resolveSibling(SIZES);
        return Files.exists(file) ? parse(Files.readAllBytes(file), place) : Map.of();
      }
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      fetcher.copy(place, null, Fetcher.Target.of(bytes));
      return parse(bytes.toByteArray(), place);
    } catch (StoreException e) {
      // Buckets without leave to list answer 403 for what is not there.
      if (e.kind() == StoreException.Kind.GONE || e.kind() == StoreException.Kind.DENIED) {
        return Map.of();
      }
      throw new DataException(place + ": cannot be read: " + e.getMessage(), e);
    } catch (IOException e) {
      throw new DataException(place + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Token by token: a tree of hundreds of thousands of nodes takes seconds. */
  private static Map<String, Long> parse(byte[] json, String place) throws IOException {
    Map<String, Long> sizes = new HashMap<>();
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new DataException(place + ": (expected: an object, {\"SHARD.tar\": SAMPLES, …})");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken value = parser.nextToken();
        // Some writers quote the numbers; OpenCLIP takes those as well.
        if (value != JsonToken.VALUE_NUMBER_INT
            && !(value == JsonToken.VALUE_STRING && parser.getText().matches("\\d{1,18}"))) {
          throw new DataException(
              place + ": " + name + ": " + parser.getText() + " (expected: a number of samples)");
        }
        sizes.put(name, Long.parseLong(parser.getText()));
      }
    } catch (JsonProcessingException e) {
      throw new DataException(place + ": not JSON: " + e.getOriginalMessage(), e);
    } catch (NumberFormatException e) {
      throw new DataException(place + ": " + e.getMessage() + " (expected: numbers of samples)", e);
    }
    return sizes;
  }

  /** OpenCLIP's file {@code __len__} beside the first shard. */
  private static Long length(String url) {
    if (Fetcher.isRemote(url)) {
      return null;
    }
    Path file = ShardList.local(url).resolveSibling("__len__");
    try {
      return Files.exists(file)
          ? Long.valueOf(new String(Files.readAllBytes(file), StandardCharsets.UTF_8).trim())
          : null;
    } catch (IOException | NumberFormatException e) {
      throw new DataException(file + ": not a number of samples", e);
    }
  }

  private static boolean mayScan(List<String> urls, int[] unknown) {
    long bytes = 0;
    int remote = 0;
    for (int i : unknown) {
      if (Fetcher.isRemote(urls.get(i))) {
        remote++;
      } else {
        bytes += ShardList.local(urls.get(i)).toFile().length();
      }
    }
    return remote <= MOST_SCANNED_REMOTE && bytes <= MOST_SCANNED_BYTES;
  }

  private static void scan(
      List<String> urls, int[] which, int[] counts, Fetcher fetcher, Executor executor) {
    LOG.info("counting the samples of {} shards", which.length);
    List<FutureTask<Void>> tasks = new ArrayList<>();
    for (int i : which) {
      FutureTask<Void> task =
          new FutureTask<>(
              () -> {
                ShardIndex index = ShardScan.of(urls.get(i), fetcher).index();
                counts[i] = index.samples();
                if (counts[i] == 0) {
                  LOG.warn(
                      "{}: no samples{}",
                      urls.get(i),
                      index.damages().isEmpty() ? "" : ": " + index.damages().get(0).what());
                }
                return null;
              });
      tasks.add(task);
      executor.execute(task);
    }
    for (int i = 0; i < which.length; i++) {
      try {
        tasks.get(i).get();
      } catch (ExecutionException e) {
        throw new DataException(
            urls.get(which[i]) + ": cannot be counted: " + e.getCause().getMessage(), e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new DataException("counting the samples was interrupted", e);
      }
    }
  }
}
