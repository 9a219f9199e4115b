package dev.troupe.runtime.train;

import dev.troupe.actors.task.CommitGate;
import dev.troupe.data.stream.TrainingData;
import dev.troupe.nn.train.ClipTrainer;
import dev.troupe.nn.train.StepOutcome;
import dev.troupe.runtime.checkpoint.CheckpointException;
import dev.troupe.runtime.checkpoint.CheckpointFolder;
import dev.troupe.runtime.checkpoint.CheckpointWriter;
import dev.troupe.runtime.checkpoint.CheckpointWriter.Snapshot;
import dev.troupe.runtime.checkpoint.RunState;
import dev.troupe.runtime.log.RunFolder;
import dev.troupe.runtime.log.RunLog;
import dev.troupe.runtime.log.StepMetrics;
import dev.troupe.runtime.settings.TrainSettings;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.bytedeco.pytorch.Tensor;

/** What rank 0 writes of a run: its log and its checkpoints. */
final class RunRecorder implements AutoCloseable {
  private final TrainSettings settings;
  private final TrainingData data;
  private final CommitGate gate;
  private final RunLog log;
  private final CheckpointWriter writer;
  private final AtomicReference<CheckpointException> failure = new AtomicReference<>();
  private final Map<String, String> facts;
  private long savedAt = -1;

  /**
   * @param gate asked before a checkpoint is committed
   * @param facts what a resumed run must share with this one
   */
  RunRecorder(
      TrainSettings settings,
      RunFolder folder,
      TrainingData data,
      Map<String, String> facts,
      CommitGate gate,
      long committedSteps) {
    this.settings = settings;
    this.data = data;
    this.facts = facts;
    this.gate = gate;
    this.log = RunLog.open(settings, folder, committedSteps);
    this.writer =
        new CheckpointWriter(
            new CheckpointFolder(folder.checkpoints()),
            kept(settings),
            (step, place) -> log.checkpoint(step, place.toString()),
            failure::set);
  }

  private static int kept(TrainSettings settings) {
    return settings.checkpoints().deletePreviousCheckpoint()
        ? 1
        : settings.checkpoints().keepCheckpoints();
  }

  RunLog log() {
    return log;
  }

  /** Records a committed step. */
  void step(
      long generation,
      int worldSize,
      StepOutcome outcome,
      double lr,
      double seconds,
      double dataSeconds) {
    long step = outcome.step();
    log.step(
        new StepMetrics(
            step,
            data.totalSteps(),
            data.epochOf(step),
            data.endsEpoch(step),
            data.samplesAfter(step),
            data.samplesPerEpoch(),
            (int) outcome.samples(),
            Map.of("contrastive_loss", outcome.loss()),
            outcome.loss(),
            lr,
            outcome.logitScale(),
            seconds,
            dataSeconds,
            worldSize,
            generation));
  }

  /** Records an evaluation. */
  void evaluation(int epoch, Map<String, Double> metrics) {
    log.evaluation(epoch, metrics);
  }

  /**
   * Starts a checkpoint of the trainer's state, unless that state is saved already. Returns when it
   * is copied.
   *
   * @throws CheckpointException if the one before it could not be written
   */
  void save(ClipTrainer trainer, int dutiesDone, long generation) {
    if (!settings.log().writesFiles() || trainer.committedSteps() == savedAt) {
      return;
    }
    awaitWritten();
    long step = trainer.committedSteps();
    long samples = step == 0 ? 0 : data.samplesAfter(step - 1);
    RunState state =
        new RunState(
            step, (int) (samples / data.samplesPerEpoch()), samples, dutiesDone, generation, facts);
    writer.write(
        new Snapshot(copy(trainer.model().state()), copy(trainer.optimizer().state()), state),
        () -> gate.mayCommit(generation));
    savedAt = step;
  }

  private static Map<String, Tensor> copy(Map<String, Tensor> tensors) {
    Map<String, Tensor> copies = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> copies.put(name, tensor.detach().cpu().clone()));
    return copies;
  }

  /** Waits until everything is written, and shows the table of results. */
  String finish() {
    awaitWritten();
    return log.finish();
  }

  /**
   * Waits until the checkpoint under way is whole.
   *
   * @throws CheckpointException if it could not be written
   */
  void awaitWritten() {
    writer.awaitWritten();
    throwFailure();
  }

  private void throwFailure() {
    CheckpointException e = failure.getAndSet(null);
    if (e != null) {
      throw e;
    }
  }

  @Override
  public void close() {
    writer.close();
    log.close();
  }
}
