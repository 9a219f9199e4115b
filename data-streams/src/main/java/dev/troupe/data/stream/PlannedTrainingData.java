package dev.troupe.data.stream;

import dev.troupe.data.image.ImageTransform;
import dev.troupe.data.plan.Plan;
import dev.troupe.data.sample.SampleSource;
import dev.troupe.data.text.Tokenizer;
import java.util.Arrays;
import org.apache.pekko.stream.Materializer;

/** A training set in the order of a {@link Plan}. */
final class PlannedTrainingData implements TrainingData {
  private static final int WARM_UP_SAMPLES = 8;

  private final ShardPool pool;
  private final Plan plan;
  private final ImageTransform transform;
  private final Tokenizer tokenizer;
  private final StreamSpec stream;
  private final Workers workers;
  private final SkipMeter meter;
  private final Materializer materializer;
  private final int globalBatch;

  PlannedTrainingData(
      SampleSource source,
      DataSpec data,
      OrderSpec order,
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
    this.globalBatch = order.globalBatch();
    this.plan = plan(source, data, order);
    this.meter = new SkipMeter(stream.maxSkipRate(), plan.samplesPerEpoch(), stream.onSkipped());
  }

  private static Plan plan(SampleSource source, DataSpec data, OrderSpec order) {
    int[] counts = source.counts();
    long all = Arrays.stream(counts).asLongStream().sum();
    if (all == 0) {
      throw new DataException(
          data.location() + ": the data set is empty (" + counts.length + " shards, 0 samples)");
    }
    if (data.samples() != null && data.samples() < 1) {
      throw new DataException("train-num-samples: " + data.samples() + " (expected: >= 1)");
    }
    long epoch = data.samples() == null ? all : data.samples();
    if (!data.resampling().on()) {
      return Plan.withoutReplacement(
          counts, order.seed(), order.epochs(), epoch, order.globalBatch());
    }
    return Plan.withReplacement(
        counts, source.weights(), order.seed(), order.epochs(), epoch, order.globalBatch());
  }

  @Override
  public long samplesPerEpoch() {
    return plan.samplesPerEpoch();
  }

  @Override
  public long totalSteps() {
    return plan.totalSteps();
  }

  @Override
  public int epochOf(long step) {
    return plan.epochOf(step);
  }

  @Override
  public boolean endsEpoch(long step) {
    return plan.endsEpoch(step);
  }

  @Override
  public long samplesAfter(long step) {
    return plan.samplesAfter(step);
  }

  @Override
  public int globalBatch(long step) {
    return plan.globalBatch(step);
  }

  @Override
  public SliceStream open(long firstStep, int rank, int worldSize) {
    Ranks.check(rank, worldSize);
    if (firstStep < 0 || firstStep > totalSteps()) {
      throw new DataException("step: " + firstStep + " (expected: 0 to " + totalSteps() + ")");
    }
    SliceOrder order = i -> slice(firstStep + i, rank, worldSize);
    return open(order, (globalBatch + worldSize - 1) / worldSize, meter);
  }

  @Override
  public void warmUp(long step) throws InterruptedException {
    int slices = Math.max(1, globalBatch / WARM_UP_SAMPLES);
    SliceOrder first = i -> i == 0 ? slice(step, 0, slices) : null;
    SkipMeter silent = new SkipMeter(1, Long.MAX_VALUE, skipped -> {});
    try (SliceStream few = open(first, (globalBatch + slices - 1) / slices, silent);
        Slice slice = few.next()) {
      // It was here.
    }
  }

  private SliceStream open(SliceOrder order, int largest, SkipMeter meter) {
    return new SlicePipeline(
        order,
        new SlicePipeline.Settings(
            pool,
            transform,
            tokenizer,
            workers,
            meter,
            largest,
            stream.slicesAhead(),
            materializer));
  }

  private PlannedSlice slice(long step, int rank, int worldSize) {
    if (step >= plan.totalSteps()) {
      return null;
    }
    int n = plan.sliceSize(step, rank, worldSize);
    PlannedSlice slice = new PlannedSlice(step, new int[n], new int[n], new long[n]);
    int[] at = {0};
    plan.slice(
        step,
        rank,
        worldSize,
        (shard, ordinal, seed) -> {
          slice.shards()[at[0]] = shard;
          slice.ordinals()[at[0]] = ordinal;
          slice.seeds()[at[0]++] = seed;
        });
    return slice;
  }

  /** Shards that streams hold. */
  int shardsInUse() {
    return pool.inUse();
  }

  @Override
  public void close() {
    pool.close();
  }
}
