package dev.troupe.data.bench;

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
import org.apache.pekko.stream.Materializer;

/**
 * Times the input pipeline as training uses it: shards, plan, decoding, OpenCLIP's training
 * transform, CLIP's tokenizer, batches; with a consumer that only takes.
 */
public final class DataBenchmark {
  private static final int BATCH = 64;

  private DataBenchmark() {}

  /**
   * What was measured.
   *
   * @param samples timed samples
   * @param workers decoding threads
   * @param image_size height and width of the result, in pixels
   * @param seconds time they took
   * @param samples_per_second the rate
   * @param first_batch_seconds from opening the data set to the first batch
   */
  public record Result(
      long samples,
      int workers,
      int image_size,
      double seconds,
      double samples_per_second,
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
    StreamSpec stream = StreamSpec.defaults().withDecoders(workers).withSlicesAhead(4);
    long start = System.nanoTime();
    try (DataFactory factory = new DataFactory(store, stream, materializer);
        TrainingData training =
            factory.training(
                data,
                new OrderSpec(0, 1_000_000, BATCH),
                ImageTransforms.train(Preprocess.of(imageSize), Augmentation.defaults()),
                new ClipTokenizer(ClipTokenizer.DEFAULT_CONTEXT_LENGTH));
        SliceStream slices = training.open(0, 0, 1)) {
      slices.next().close();
      double firstBatch = (System.nanoTime() - start) / 1e9;
      take(slices, warmUp - 1);
      long began = System.nanoTime();
      long n = take(slices, timed);
      double seconds = (System.nanoTime() - began) / 1e9;
      return new Result(n, workers, imageSize, seconds, n / seconds, firstBatch);
    }
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
}
