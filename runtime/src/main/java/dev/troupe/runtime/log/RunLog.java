package dev.troupe.runtime.log;

import dev.troupe.runtime.settings.TrainSettings;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a run shows and writes: the terminal, {@code out.log}, {@code params.txt}, {@code
 * metrics.jsonl}, {@code samples.jsonl}, {@code checkpoints/results.jsonl} and TensorBoard's event
 * files. The process of rank 0 holds it, from the moment in which it becomes rank 0 until it is no
 * longer. With {@code --logs none} it only shows. Any thread may call it.
 */
public final class RunLog implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunLog.class);

  /** Where there is no status line, it is printed after so much silence. */
  private static final long SILENCE_NANOS = 60_000_000_000L;

  private final int every;
  private final Terminal terminal;
  private final TrainLine trainLine = new TrainLine();
  private final ProgressLine progress;
  private final ResultTable results;
  private Optional<RunFiles> files;
  private long lastLineNanos = System.nanoTime();

  private RunLog(
      TrainSettings settings, Terminal terminal, ResultTable results, Optional<RunFiles> files) {
    this.every = settings.log().logEveryNSteps();
    this.progress = new ProgressLine(settings.optimization().epochs());
    this.terminal = terminal;
    this.results = results;
    this.files = files;
  }

  /**
   * Opens the log of a run, new, resumed or taken over from another process. Rows of steps that are
   * not committed are cut off.
   *
   * @param committedSteps steps that are committed; the next row is of this step
   * @throws RunFolderException if the folder holds another run or is in use by one, or cannot be
   *     written
   */
  public static RunLog open(TrainSettings settings, RunFolder folder, long committedSteps) {
    boolean writes = settings.log().writesFiles();
    return new RunLog(
        settings,
        Terminal.error(),
        new ResultTable(folder, writes),
        writes ? Optional.of(new RunFiles(settings, folder, committedSteps)) : Optional.empty());
  }

  /**
   * Shows and writes a committed step: every one to the progress line, each N-th and each that ends
   * an epoch to the logs.
   */
  public synchronized void step(StepMetrics step) {
    trainLine.add(step);
    results.step(step);
    String line = progress.line(step);
    terminal.status(line);
    if (step.step() % every == 0 || step.endsEpoch()) {
      lastLineNanos = System.nanoTime();
      LOG.info(trainLine.line(step));
      writable().ifPresent(to -> to.step(step));
    } else if (!terminal.interactive() && System.nanoTime() - lastLineNanos > SILENCE_NANOS) {
      lastLineNanos = System.nanoTime();
      terminal.line(line);
    }
  }

  /**
   * The first step without a row in {@code samples.jsonl}. When the process that logged died
   * between a commit and its row, this is less than the committed steps, and the rows in between
   * are to be written from the plan. Without {@code --sample-ledger}: {@code Long.MAX_VALUE}.
   */
  public synchronized long nextSamplesRow() {
    return files.map(RunFiles::nextSamplesRow).orElse(Long.MAX_VALUE);
  }

  /**
   * Writes a committed step's samples to {@code samples.jsonl}, with {@code --sample-ledger}.
   *
   * @param keys the samples as {@code SHARD.tar/KEY}, in the order of the global batch
   */
  public synchronized void samples(long step, int epoch, long generation, List<String> keys) {
    writable().ifPresent(to -> to.samples(step, epoch, generation, keys));
  }

  /**
   * Shows and writes an evaluation.
   *
   * @param epoch epochs completed
   * @param figures by OpenCLIP's names, in the order to be shown
   */
  public synchronized void evaluation(int epoch, Map<String, Double> figures) {
    String text =
        figures.entrySet().stream()
            .map(
                figure ->
                    String.format(Locale.ROOT, "%s: %.4f", figure.getKey(), figure.getValue()))
            .collect(Collectors.joining("\t"));
    terminal.status("");
    LOG.info("Eval Epoch: {} {}", epoch, text);
    results.evaluation(figures);
    writable().ifPresent(to -> to.evaluation(epoch, figures));
  }

  /** Tells that a checkpoint is whole. */
  public synchronized void checkpoint(long step, String place) {
    LOG.info("Checkpoint after step {}: {}", step, place);
    results.checkpoint(place);
  }

  /** Shows what the run is busy with other than a step, until the next one. */
  public synchronized void busy(String what) {
    terminal.status(what);
  }

  /** Ends the progress line and gives the table of results and where things are. */
  public synchronized String finish() {
    terminal.status("");
    return results.text();
  }

  /** The files, as long as no other process has taken them over. */
  private Optional<RunFiles> writable() {
    if (files.isPresent() && !files.get().held()) {
      LOG.warn("Another process of the run writes its files now; this one only shows.");
      files.get().close();
      files = Optional.empty();
    }
    return files;
  }

  @Override
  public synchronized void close() {
    terminal.status("");
    files.ifPresent(RunFiles::close);
  }
}
