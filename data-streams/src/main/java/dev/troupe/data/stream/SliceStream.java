package dev.troupe.data.stream;

/**
 * A worker's slices of successive global batches, read, decoded and tokenized ahead within fixed
 * bounds.
 */
public interface SliceStream extends AutoCloseable {
  /**
   * Waits for the next slice.
   *
   * @return the slice, to be closed by the caller, or null after the run's last step
   * @throws DataException if the data cannot be read, or too many samples are broken; the message
   *     says what to do
   */
  Slice next() throws InterruptedException;

  /**
   * Cuts the stream and frees what it read ahead. Safe to call from another thread; {@link #next}
   * then fails.
   */
  @Override
  void close();
}
