package dev.troupe.data.stream;

import dev.troupe.data.image.ImageTransform;
import dev.troupe.data.sample.SampleSource;
import dev.troupe.data.store.StoreSpec;
import dev.troupe.data.text.Tokenizer;
import org.apache.pekko.stream.Materializer;

/**
 * Opens data sets: the way in. One per process, so that its workers share shards, connections and
 * decoding threads. Streams must be closed before their data set, and data sets before the factory.
 */
public final class DataFactory implements AutoCloseable {
  private final StreamSpec stream;
  private final Materializer materializer;
  private final Workers workers;
  private final DataSources sources;

  /**
   * @param materializer runs the streams' stages; blocking work has threads of its own
   */
  public DataFactory(StoreSpec store, StreamSpec stream, Materializer materializer) {
    this.stream = stream;
    this.materializer = materializer;
    this.workers = new Workers(stream.decoders());
    this.sources = new DataSources(store, workers.reading());
  }

  /**
   * Opens a training set: finds its shards and their sizes, and lays the plan.
   *
   * @throws DataException if there is no data, sizes are unknown or settings contradict each other;
   *     the message says what to do
   */
  public TrainingData training(
      DataSpec data, OrderSpec order, ImageTransform transform, Tokenizer tokenizer) {
    SampleSource source = sources.open(data, transform.size());
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
    SampleSource source =
        sources.open(data.withResampling(false, null).withSamples(null), transform.size());
    return new OrderedValidationData(source, transform, tokenizer, stream, workers, materializer);
  }

  @Override
  public void close() {
    sources.close();
    workers.close();
  }
}
