package dev.troupe.data.verify;

import dev.troupe.data.image.ImageHeader;
import dev.troupe.data.image.ImageTransform;
import dev.troupe.data.image.ImageTransforms;
import dev.troupe.data.image.Preprocess;
import dev.troupe.data.image.ResizeMode;
import dev.troupe.data.sample.BadSampleException;
import dev.troupe.data.sample.RawSample;
import dev.troupe.data.sample.SampleShard;
import dev.troupe.data.sample.SampleSource;
import dev.troupe.data.sample.SkippedSample;
import dev.troupe.data.store.StoreSpec;
import dev.troupe.data.stream.DataException;
import dev.troupe.data.stream.DataSources;
import dev.troupe.data.stream.DataSpec;
import dev.troupe.data.text.ClipTokenizer;
import dev.troupe.data.text.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Goes through a whole data set: every image is decoded, every caption tokenized, every stated
 * count compared.
 */
public final class DataVerifier {
  private static final int CONTEXT = 77;

  /** Images whose repetition is looked for, which takes some 100 bytes of memory each. */
  private static final long MOST_DIGESTS = 20_000_000;

  /** A shard may be a table of millions of rows: progress is told within it, too. */
  private static final int SAMPLES_BETWEEN = 1000;

  private final SampleSource source;
  private final int[] stated;
  private final int threads;
  private final Progress progress;
  private final Consumer<SkippedSample> onBroken;

  private final ImageTransform decoder =
      ImageTransforms.validation(Preprocess.of(32).withResizeMode(ResizeMode.SQUASH));
  private final Tokenizer tokenizer = new ClipTokenizer(CONTEXT);
  private int shardsDone;
  private final AtomicLong samples = new AtomicLong();
  private final AtomicLong broken = new AtomicLong();
  private final AtomicLong imageBytes = new AtomicLong();
  private final AtomicLong emptyCaptions = new AtomicLong();
  private final AtomicLong longCaptions = new AtomicLong();
  private final AtomicLong repeatedKeys = new AtomicLong();
  private final AtomicLong repeatedImages = new AtomicLong();
  private final AtomicLong repeatedPairs = new AtomicLong();
  private final Map<String, AtomicLong> formats = new ConcurrentHashMap<>();
  private final Map<String, AtomicLong> reasons = new ConcurrentHashMap<>();
  private final Set<Long> images = ConcurrentHashMap.newKeySet();
  private final Set<Long> pairs = ConcurrentHashMap.newKeySet();
  private final Spread.Gatherer widths = new Spread.Gatherer();
  private final Spread.Gatherer heights = new Spread.Gatherer();
  private final Spread.Gatherer captionLengths = new Spread.Gatherer();

  /** Hears how far it is, again and again, one call at a time. */
  @FunctionalInterface
  public interface Progress {
    /**
     * @param shards shards done so far
     * @param of shards in all
     * @param samples samples looked at so far
     * @param broken broken ones among them
     */
    void at(int shards, int of, long samples, long broken);
  }

  private DataVerifier(
      SampleSource source,
      int[] stated,
      int threads,
      Progress progress,
      Consumer<SkippedSample> onBroken) {
    this.source = source;
    this.stated = stated;
    this.threads = threads;
    this.progress = progress;
    this.onBroken = onBroken;
  }

  /**
   * Verifies a data set.
   *
   * @param threads shards that are looked at at the same time
   * @param onBroken hears of every broken sample, from several threads
   * @throws DataException if the data set cannot be opened at all
   */
  public static VerifyReport verify(
      DataSpec data,
      StoreSpec store,
      int threads,
      Progress progress,
      Consumer<SkippedSample> onBroken)
      throws InterruptedException {
    ExecutorService opening = Executors.newFixedThreadPool(threads);
    try (DataSources sources = new DataSources(store, opening);
        SampleSource source = sources.openUncounted(data)) {
      return new DataVerifier(source, source.counts(), threads, progress, onBroken).run();
    } finally {
      opening.shutdown();
    }
  }

  /** What one shard adds to the report. */
  private record Found(List<String> damages, String wrongCount) {}

  private VerifyReport run() throws InterruptedException {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    List<Future<Found>> tasks = new ArrayList<>();
    for (int shard = 0; shard < source.shards(); shard++) {
      int s = shard;
      tasks.add(
          pool.submit(
              () -> {
                Found found = shard(s);
                report(1);
                return found;
              }));
    }
    List<String> damages = new ArrayList<>();
    List<String> wrongCounts = new ArrayList<>();
    try {
      for (Future<Found> task : tasks) {
        Found found = task.get();
        damages.addAll(found.damages);
        if (found.wrongCount != null) {
          wrongCounts.add(found.wrongCount);
        }
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof DataException data
          ? data
          : new DataException("verifying failed: " + e.getCause(), e.getCause());
    } finally {
      pool.shutdown();
    }
    return new VerifyReport(
        source.shards(),
        samples.get(),
        broken.get(),
        imageBytes.get(),
        sorted(formats),
        widths.spread(),
        heights.spread(),
        captionLengths.spread(),
        emptyCaptions.get(),
        longCaptions.get(),
        repeatedKeys.get(),
        repeatedImages.get(),
        repeatedPairs.get(),
        List.copyOf(wrongCounts),
        List.copyOf(damages),
        sorted(reasons));
  }

  private synchronized void report(int newlyDone) {
    shardsDone += newlyDone;
    progress.at(shardsDone, source.shards(), samples.get(), broken.get());
  }

  private static Map<String, Long> sorted(Map<String, AtomicLong> counts) {
    Map<String, Long> sorted = new TreeMap<>();
    counts.forEach((name, count) -> sorted.put(name, count.get()));
    return sorted;
  }

  private Found shard(int shard) {
    SampleShard open;
    try {
      open = source.open(shard).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof DataException data) {
        throw data;
      }
      return new Found(List.of(e.getCause().getMessage()), null);
    }
    try (open) {
      Set<String> keys = new HashSet<>();
      for (int i = 0; i < open.size(); i++) {
        samples.incrementAndGet();
        if (!keys.add(open.key(i))) {
          repeatedKeys.incrementAndGet();
        }
        sample(shard, open, i);
        if ((i + 1) % SAMPLES_BETWEEN == 0) {
          report(0);
        }
      }
      String url = source.url(shard);
      String wrong =
          stated[shard] < 0 || stated[shard] == open.size()
              ? null
              : String.format(
                  "%s: holds %d samples, %d are stated", url, open.size(), stated[shard]);
      return new Found(open.damages().stream().map(what -> url + ": " + what).toList(), wrong);
    }
  }

  private void sample(int shard, SampleShard open, int i) {
    String reason;
    try {
      RawSample sample = open.read(i, 0);
      image(sample.image());
      caption(sample);
      return;
    } catch (BadSampleException e) {
      reason = e.getMessage();
    } catch (IOException e) {
      reason = "cannot be read: " + e;
    }
    broken.incrementAndGet();
    reasons
        .computeIfAbsent(reason.replaceAll("(?<![\\w-])\\d+", "N"), r -> new AtomicLong())
        .incrementAndGet();
    onBroken.accept(
        new SkippedSample(source.name(shard) + "/" + open.key(i), source.url(shard), reason, -1));
  }

  private void image(byte[] encoded) throws BadSampleException {
    ImageHeader header = ImageHeader.read(encoded);
    decoder.apply(encoded, 0, ByteBuffer.allocateDirect(decoder.size() * decoder.size() * 3));
    formats.computeIfAbsent(header.format().toString(), f -> new AtomicLong()).incrementAndGet();
    widths.add(header.width());
    heights.add(header.height());
    imageBytes.addAndGet(encoded.length);
  }

  private void caption(RawSample sample) {
    String caption = sample.caption();
    captionLengths.add(caption.length());
    if (caption.isBlank()) {
      emptyCaptions.incrementAndGet();
    }
    if (tokenizer.encode(caption, IntBuffer.allocate(CONTEXT), 0) >= CONTEXT) {
      longCaptions.incrementAndGet();
    }
    if (images.size() < MOST_DIGESTS) {
      repeatedImages.addAndGet(images.add(digest(sample.image(), "")) ? 0 : 1);
      repeatedPairs.addAndGet(pairs.add(digest(sample.image(), caption)) ? 0 : 1);
    }
  }

  private static long digest(byte[] image, String caption) {
    try {
      MessageDigest md5 = MessageDigest.getInstance("MD5");
      md5.update(image);
      return ByteBuffer.wrap(md5.digest(caption.getBytes(StandardCharsets.UTF_8))).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
