package dev.troupe.data.stream;

import dev.troupe.data.image.ImageTransform;
import dev.troupe.data.sample.SampleSource;
import dev.troupe.data.text.Tokenizer;
import java.util.Arrays;
import org.apache.pekko.stream.Materializer;

/** A data set in its own order. */
final class OrderedValidationData implements ValidationData {
  private final ShardPool pool;
  private final ImageTransform transform;
  private final Tokenizer tokenizer;
  private final StreamSpec stream;
  private final Workers workers;
  private final Materializer materializer;

  /** Number of the first sample of each shard, and at the end that of all samples. */
  private final long[] starts;

  OrderedValidationData(
      SampleSource source,
      ImageTransform transform,
      Tokenizer tokenizer,
      StreamSpec stream,
      Workers workers,
      Materializer materializer) {
    this.pool = new ShardPool(source, stream.onSkipped());
    this.transform = transform;
    this.tokenizer = tokenizer;
    this.stream = stream;
    this.workers = workers;
    this.materializer = materializer;
    int[] counts = source.counts();
    this.starts = new long[counts.length + 1];
    for (int i = 0; i < counts.length; i++) {
      starts[i + 1] = starts[i] + counts[i];
    }
    if (samples() == 0) {
      throw new DataException(
          source.url(0) + ": the data set is empty (" + counts.length + " shards, 0 samples)");
    }
  }

  @Override
  public long samples() {
    return starts[starts.length - 1];
  }

  @Override
  public SliceStream open(int batchSize, int rank, int worldSize) {
    Ranks.check(rank, worldSize);
    if (batchSize < 1) {
      throw new DataException("batch-size: " + batchSize + " (expected: >= 1)");
    }
    long from = rank * samples() / worldSize;
    long to = (rank + 1) * samples() / worldSize;
    SkipMeter meter = new SkipMeter(stream.maxSkipRate(), to - from, stream.onSkipped());
    SliceOrder order =
        i -> slice(i, from + i * batchSize, Math.min(to, from + (i + 1) * batchSize));
    return new SlicePipeline(
        order,
        new SlicePipeline.Settings(
            pool,
            transform,
            tokenizer,
            workers,
            meter,
            (int) Math.min(batchSize, Math.max(1, to - from)),
            stream.slicesAhead(),
            materializer));
  }

  private PlannedSlice slice(long number, long from, long to) {
    if (from >= to) {
      return null;
    }
    int n = (int) (to - from);
    PlannedSlice slice = new PlannedSlice(number, new int[n], new int[n], new long[n]);
    int shard = Arrays.binarySearch(starts, from);
    shard = shard >= 0 ? shard : -shard - 2;
    for (int i = 0; i < n; i++) {
      while (from + i >= starts[shard + 1]) {
        shard++;
      }
      slice.shards()[i] = shard;
      slice.ordinals()[i] = (int) (from + i - starts[shard]);
      slice.seeds()[i] = from + i;
    }
    return slice;
  }

  @Override
  public void close() {
    pool.close();
  }
}
