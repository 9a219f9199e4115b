package dev.troupe.data.stream;

/**
 * A training set under a plan: any worker of any world size can open its slices at any step.
 *
 * <p>The samples of all epochs form one sequence that is cut into global batches; rank r of W takes
 * positions {@code [r·n/W, (r+1)·n/W)} (rounded down) of each global batch of n samples.
 */
public interface TrainingData extends AutoCloseable {
  /** Samples in an epoch. */
  long samplesPerEpoch();

  /** Steps of the whole run. */
  long totalSteps();

  /** The epoch that the last sample of the global batch of {@code step} belongs to, from 0. */
  int epochOf(long step);

  /** Whether an epoch ends in the global batch of {@code step}. */
  boolean endsEpoch(long step);

  /** Samples of the plan up to and including the global batch of {@code step}. */
  long samplesAfter(long step);

  /** Size of the global batch of {@code step} (only the run's last may be short). */
  int globalBatch(long step);

  /**
   * Reads, decodes and tokenizes a few samples of the global batch of {@code step} and forgets
   * them, so that the first slice finds libraries loaded and shards open. Broken ones are not
   * counted.
   *
   * @throws DataException if the data cannot be read
   */
  void warmUp(long step) throws InterruptedException;

  /** Opens the slices of {@code rank} from the global batch of {@code firstStep} on. */
  SliceStream open(long firstStep, int rank, int worldSize);

  @Override
  void close();
}
