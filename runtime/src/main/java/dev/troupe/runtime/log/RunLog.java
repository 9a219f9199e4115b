package dev.troupe.runtime.log;

import dev.troupe.runtime.settings.TrainSettings;
import java.util.List;
import java.util.Map;

/**
 * What a run shows and writes: the terminal, {@code out.log}, {@code params.txt}, {@code
 * metrics.jsonl}, {@code samples.jsonl}, {@code checkpoints/results.jsonl} and TensorBoard's event
 * files. The process of rank 0 holds it, from the moment in which it becomes rank 0 until it is no
 * longer.
 */
public interface RunLog extends AutoCloseable {
  /**
   * Opens the log of a run, new, resumed or taken over from another process. Rows of steps that are
   * not committed are cut off.
   *
   * @param committedSteps steps that are committed; the next row is of this step
   * @throws RunFolderException if the folder holds another run or is in use by one, or cannot be
   *     written
   */
  static RunLog open(TrainSettings settings, RunFolder folder, long committedSteps) {
    throw new UnsupportedOperationException();
  }

  /** Shows and writes a committed step: every one to the progress line, each N-th to the logs. */
  void step(StepMetrics metrics);

  /**
   * The first step without a row in {@code samples.jsonl}. When the process that logged died
   * between a commit and its row, this is less than the committed steps, and the rows in between
   * are to be written from the plan.
   */
  long nextSamplesRow();

  /**
   * Writes a committed step's samples to {@code samples.jsonl}, with {@code --sample-ledger}.
   *
   * @param keys the samples as {@code SHARD.tar/KEY}, in the order of the global batch
   */
  void samples(long step, int epoch, long generation, List<String> keys);

  /**
   * Shows and writes an evaluation.
   *
   * @param epoch epochs completed
   * @param metrics figures by OpenCLIP's names, in the order to be shown
   */
  void evaluation(int epoch, Map<String, Double> metrics);

  /** Tells that a checkpoint is whole. */
  void checkpoint(long step, String place);

  /** Shows the table of results and where things are. */
  void finish();

  @Override
  void close();
}
