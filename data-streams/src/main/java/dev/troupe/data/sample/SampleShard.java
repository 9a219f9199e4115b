package dev.troupe.data.sample;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/** An open shard: its samples by number. Read by many threads at once. */
public interface SampleShard extends Closeable {
  /** Samples that the shard really holds, broken ones too. */
  int size();

  /**
   * Name of a sample inside its shard.
   *
   * @param ordinal from 0 to {@link #size} - 1
   */
  String key(int ordinal);

  /**
   * Reads a sample.
   *
   * @param seed of the sample's random choices, for captions that are drawn from several
   * @throws BadSampleException if a part is missing or is not what it should be
   * @throws IOException if the shard cannot be read now
   */
  RawSample read(int ordinal, long seed) throws BadSampleException, IOException;

  /** What is wrong with the shard itself, in words; empty for a sound one. */
  default List<String> damages() {
    return List.of();
  }

  @Override
  void close();
}
