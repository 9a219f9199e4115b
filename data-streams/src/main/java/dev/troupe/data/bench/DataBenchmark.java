package dev.troupe.data.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.troupe.data.image.Augmentation;
import dev.troupe.data.image.ImageTransforms;
import dev.troupe.data.image.Preprocess;
import dev.troupe.data.store.StoreSpec;
import dev.troupe.data.stream.DataFactory;
import dev.troupe.data.stream.DataSpec;
import dev.troupe.data.stream.OrderSpec;
import dev.troupe.data.stream.Slice;
import dev.troupe.data.stream.SliceStream;
import dev.troupe.data.stream.StreamSpec;
import dev.troupe.data.stream.TrainingData;
import dev.troupe.data.text.ClipTokenizer;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.pekko.stream.Materializer;

/**
 * Times the input pipeline as training uses it: shards, plan, decoding, OpenCLIP's training
 * transform, CLIP's tokenizer, batches; with a consumer that only takes, as fast as it can or at a
 * given pace.
 */
public final class DataBenchmark {
  private static final int BATCH = 64;

  private static final int LOOKS = 12;

  private static final OperatingSystemMXBean OS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private DataBenchmark() {}

  /**
   * What was measured.
   *
   * @param samples timed samples
   * @param workers decoding threads
   * @param image_size height and width of the result, in pixels
   * @param seconds time they took
   * @param samples_per_second the rate
   * @param busy_cores processor time of this process in that time, by its length
   * @param first_batch_seconds from opening the data set to the first batch
   */
  public record Result(
      long samples,
      int workers,
      int image_size,
      double seconds,
      double samples_per_second,
      double busy_cores,
      double first_batch_seconds) {}

  /**
   * Runs the pipeline over a training set, as often around as it takes.
   *
   * @param samples timed samples, rounded up to batches of 64; a quarter of them, at least 1,024,
   *     goes before, untimed, so that the code is compiled and the caches are filled
   */
  public static Result run(
      DataSpec data,
      StoreSpec store,
      long samples,
      int workers,
      int imageSize,
      Materializer materializer)
      throws InterruptedException {
    long warmUp = Math.max(1024, samples / 4) / BATCH;
    long timed = (samples + BATCH - 1) / BATCH;
    long start = System.nanoTime();
    try (DataFactory factory = factory(store, workers, materializer);
        TrainingData training = training(factory, data, imageSize);
        SliceStream slices = training.open(0, 0, 1)) {
      slices.next().close();
      double firstBatch = (System.nanoTime() - start) / 1e9;
      take(slices, warmUp - 1);
      long cpu = OS.getProcessCpuTime();
      long began = System.nanoTime();
      long n = take(slices, timed);
      double seconds = (System.nanoTime() - began) / 1e9;
      double busy = (OS.getProcessCpuTime() - cpu) / 1e9 / seconds;
      return new Result(n, workers, imageSize, seconds, n / seconds, busy, firstBatch);
    }
  }

  private static DataFactory factory(StoreSpec store, int workers, Materializer materializer) {
    StreamSpec stream = StreamSpec.defaults().withDecoders(workers).withSlicesAhead(4);
    return new DataFactory(store, stream, materializer);
  }

  private static TrainingData training(DataFactory factory, DataSpec data, int imageSize) {
    return factory.training(
        data,
        new OrderSpec(0, 1_000_000, BATCH),
        ImageTransforms.train(Preprocess.of(imageSize), Augmentation.defaults()),
        new ClipTokenizer(ClipTokenizer.DEFAULT_CONTEXT_LENGTH));
  }

  private static long take(SliceStream slices, long steps) throws InterruptedException {
    long n = 0;
    for (long i = 0; i < steps; i++) {
      try (Slice slice = slices.next()) {
        n += slice.size();
      }
    }
    return n;
  }

  /**
   * Takes batches of 64 at a fixed pace, and looks at the memory now and then.
   *
   * @param rate batches a second
   * @param seconds how long; memory is looked at after each twelfth of it
   * @param onRow hears of each look as it comes
   */
  public static void paced(
      DataSpec data,
      StoreSpec store,
      double rate,
      double seconds,
      int workers,
      int imageSize,
      Materializer materializer,
      Consumer<Footprint> onRow)
      throws InterruptedException {
    try (DataFactory factory = factory(store, workers, materializer);
        TrainingData training = training(factory, data, imageSize);
        SliceStream slices = training.open(0, 0, 1)) {
      long start = System.nanoTime();
      int looks = 0;
      for (long batches = 1; looks < LOOKS; batches++) {
        slices.next().close();
        double elapsed = (System.nanoTime() - start) / 1e9;
        if (elapsed >= seconds * (looks + 1) / LOOKS) {
          onRow.accept(Footprint.now(elapsed, batches));
          looks++;
        }
        double wait = batches / rate - elapsed;
        if (wait > 0) {
          TimeUnit.MICROSECONDS.sleep((long) (wait * 1e6));
        }
      }
    }
  }
}
