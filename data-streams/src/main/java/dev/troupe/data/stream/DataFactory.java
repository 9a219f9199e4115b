package dev.troupe.data.stream;

import dev.troupe.data.image.ImageTransform;
import dev.troupe.data.store.StoreSpec;
import dev.troupe.data.text.Tokenizer;
import org.apache.pekko.stream.Materializer;

/**
 * Opens data sets: the way in. One per process, so that its workers share shards, connections and
 * decoding threads. Streams must be closed before their data set, and data sets before the factory.
 */
public final class DataFactory implements AutoCloseable {
  private final StoreSpec store;
  private final StreamSpec stream;
  private final Materializer materializer;

  /**
   * @param materializer runs the streams' stages; blocking work has threads of its own
   */
  public DataFactory(StoreSpec store, StreamSpec stream, Materializer materializer) {
    this.store = store;
    this.stream = stream;
    this.materializer = materializer;
  }

  /**
   * Opens a training set: finds its shards and their sizes, and lays the plan.
   *
   * @throws DataException if there is no data, sizes are unknown or settings contradict each other;
   *     the message says what to do
   */
  public TrainingData training(
      DataSpec data, OrderSpec order, ImageTransform transform, Tokenizer tokenizer) {
    throw new UnsupportedOperationException("not yet");
  }

  /**
   * Opens a data set for evaluation or embedding. Images are transformed and captions tokenized as
   * for training; random choices do not apply.
   *
   * @throws DataException as {@link #training}
   */
  public ValidationData validation(DataSpec data, ImageTransform transform, Tokenizer tokenizer) {
    throw new UnsupportedOperationException("not yet");
  }

  @Override
  public void close() {}
}
