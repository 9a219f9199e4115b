package dev.troupe.runtime.train;

import dev.troupe.actors.task.Activity;
import dev.troupe.actors.task.Group;
import dev.troupe.actors.task.GroupFailure;
import dev.troupe.actors.task.RunFailure;
import dev.troupe.actors.task.StepReport;
import dev.troupe.actors.task.SyncReport;
import dev.troupe.actors.task.Wish;
import dev.troupe.actors.task.WorkerContext;
import dev.troupe.actors.task.WorkerTask;
import dev.troupe.data.stream.DataException;
import dev.troupe.data.stream.Slice;
import dev.troupe.data.stream.SliceStream;
import dev.troupe.nn.collective.BackendKind;
import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.collective.GroupSpec;
import dev.troupe.nn.collective.Rehearsal;
import dev.troupe.nn.collective.Rendezvous;
import dev.troupe.nn.optim.LrSchedule;
import dev.troupe.nn.torch.Torch;
import dev.troupe.nn.train.ClipTrainer;
import dev.troupe.nn.train.StepInput;
import dev.troupe.nn.train.StepOutcome;
import dev.troupe.runtime.checkpoint.CheckpointException;
import dev.troupe.runtime.eval.Encoder;
import dev.troupe.runtime.eval.RetrievalEvaluation;
import dev.troupe.runtime.log.RunFolderException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker of a training run: joins {@link ClipTrainer}, the data's slices and the run's files
 * behind the interface by which the actors drive it.
 *
 * <p>The rank 0 of a generation holds the run's log and writes its checkpoints; all ranks share
 * evaluations.
 */
final class ClipWorkerTask implements WorkerTask {
  private static final Logger LOG = LoggerFactory.getLogger(ClipWorkerTask.class);

  /** Enough to load and choose all that a step needs; few, since a worker warms up alone. */
  private static final int REHEARSAL_SAMPLES = 4;

  private final RunContext run;
  private final WorkerContext context;
  private final AtomicLong progress = new AtomicLong();

  private ClipTrainer trainer;
  private LrSchedule schedule;
  private EpochDuties duties;
  private SampleRows sampleRows;
  private Encoder encoder;
  private int dutiesDone;

  private Rendezvous rendezvous;
  private Group group;
  private volatile Collectives collectives;
  private volatile SliceStream slices;
  private volatile boolean aborted;
  private volatile Activity activity = Activity.IDLE;
  private RunRecorder recorder;
  private Wish lastWish = Wish.NONE;

  ClipWorkerTask(RunContext run, WorkerContext context) {
    this.run = run;
    this.context = context;
  }

  @Override
  public Map<String, String> warmUp() {
    Torch.load();
    Torch.threads(run.threadsPerWorker());
    trainer = run.newTrainer(context.index());
    dutiesDone = run.resume().map(checkpoint -> checkpoint.state().dutiesDone()).orElse(0);
    schedule = run.schedule();
    duties = new EpochDuties(run.settings(), run.training());
    sampleRows = new SampleRows(run.training());
    encoder = run.newEncoder(trainer);
    rehearse();
    return run.facts();
  }

  /** What the others would wait for in this worker's first step, or in every worker's. */
  private void rehearse() {
    run.rehearse(trainer, REHEARSAL_SAMPLES);
    try {
      run.training().warmUp(Math.min(trainer.committedSteps(), run.training().totalSteps() - 1));
      if (BackendKind.of(trainer.settings().device()) == BackendKind.GLOO) {
        Rehearsal.run(run.settings().cluster().host());
      }
      try (Collectives alone = Collectives.alone(trainer.settings().device())) {
        sampleRows.share(alone);
      }
    } catch (DataException | CollectiveException e) {
      // The first step will say what is wrong, if it still is.
      LOG.debug("rehearsal", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public long committedSteps() {
    return trainer.committedSteps();
  }

  @Override
  public long restore() {
    run.latestCheckpoint()
        .filter(checkpoint -> checkpoint.state().step() > trainer.committedSteps())
        .ifPresent(
            checkpoint -> {
              Resume.load(checkpoint, trainer);
              dutiesDone = checkpoint.state().dutiesDone();
            });
    return trainer.committedSteps();
  }

  @Override
  public String openRendezvous() {
    closeRendezvous();
    try {
      rendezvous = Rendezvous.host(run.settings().cluster().host(), run.dataPort(context.index()));
    } catch (CollectiveException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
    return rendezvous.address();
  }

  @Override
  public SyncReport join(Group next) throws GroupFailure {
    activity = Activity.SYNCING;
    long start = System.nanoTime();
    leaveGroup();
    aborted = false;
    if (next.rank() != 0) {
      // Before the group forms, so that its rank 0 finds the files free.
      closeRecorder();
    }
    try {
      collectives = Collectives.prepare(spec(next));
      collectives.connect();
      group = next;
      double connectSeconds = seconds(start);
      if (next.newcomer()) {
        trainer.committedSteps(-1);
        dutiesDone = 0;
      }
      long committed =
          trainer.join(
              collectives,
              step -> slices = run.training().open(step, next.rank(), next.worldSize()));
      dutiesDone = (int) highest(dutiesDone);
      sampleRows.share(collectives);
      if (next.rank() == 0) {
        takeRecorder(committed);
      }
      return new SyncReport(committed, connectSeconds, seconds(start) - connectSeconds, 0);
    } catch (CollectiveException e) {
      throw lost(e);
    } finally {
      activity = Activity.IDLE;
    }
  }

  private GroupSpec spec(Group next) {
    return new GroupSpec(
        trainer.settings().device(),
        next.generation(),
        next.rank(),
        next.worldSize(),
        next.rendezvous(),
        run.settings().cluster().host(),
        next.timeout());
  }

  private long highest(long value) throws CollectiveException {
    long highest = value;
    for (long[] row : collectives.allGather(value)) {
      highest = Math.max(highest, row[0]);
    }
    return highest;
  }

  private void takeRecorder(long committed) {
    if (recorder == null) {
      try {
        recorder = run.openRecorder(committed, context.gate(), trainer);
      } catch (RunFolderException | CheckpointException e) {
        throw new RunFailure(e.getMessage(), e);
      }
    }
    sampleRows.writeMissing(recorder.log(), committed);
  }

  @Override
  public StepReport step(Wish wish) throws GroupFailure {
    try {
      if (dutiesDone < duties.completedEpochs(trainer.committedSteps())) {
        performDuties();
      }
      if (trainer.committedSteps() >= run.training().totalSteps()) {
        return finished();
      }
      return trainStep(wish);
    } catch (CollectiveException e) {
      throw lost(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new GroupFailure("interrupted", e);
    } finally {
      activity = Activity.IDLE;
    }
  }

  /** A run that was resumed after its last step has nothing left to train. */
  private StepReport finished() {
    return new StepReport(
        trainer.committedSteps() - 1, true, Wish.NONE, true, Double.NaN, 0, 0, 0, true);
  }

  private StepReport trainStep(Wish wish) throws CollectiveException, InterruptedException {
    long start = System.nanoTime();
    long step = trainer.committedSteps();
    double lr = schedule.at(step);
    StepOutcome outcome;
    double dataSeconds;
    try (Slice slice = nextSlice(step)) {
      progress.incrementAndGet();
      activity = Activity.COMPUTING;
      dataSeconds = seconds(start);
      if (run.settings().log().sampleLedger()) {
        sampleRows.gather(collectives, group.generation(), step, slice.keys());
      }
      outcome = trainer.step(input(slice), lr, wish.ordinal());
    }
    if (outcome.committed()) {
      commit(outcome, lr, seconds(start), dataSeconds);
    } else {
      // The slice is used up, and the step is tried again: by the next generation, or by this one.
      slices.close();
      slices = run.training().open(step, group.rank(), group.worldSize());
    }
    boolean last = trainer.committedSteps() >= run.training().totalSteps();
    lastWish = Wish.values()[outcome.wish()];
    return new StepReport(
        step,
        outcome.committed(),
        lastWish,
        last,
        outcome.loss(),
        seconds(start),
        dataSeconds,
        outcome.phases().communication(),
        !outcome.nonFiniteRanks().contains(group.rank()));
  }

  private Slice nextSlice(long step) throws CollectiveException, InterruptedException {
    activity = Activity.LOADING;
    try {
      Slice slice = slices.next();
      if (slice == null) {
        throw new IllegalStateException(
            "the data ended before step %d of %d".formatted(step, run.training().totalSteps()));
      }
      return slice;
    } catch (DataException e) {
      if (aborted) {
        throw new CollectiveException("waiting for data", group.rank(), "aborted", e);
      }
      throw new RunFailure(e.getMessage(), e);
    }
  }

  private static StepInput input(Slice slice) {
    return new StepInput(
        slice.size(),
        slice.images_NHWC(),
        true,
        slice.imageSize(),
        slice.tokens_NL(),
        slice.contextLength(),
        slice.longestCaption());
  }

  private void commit(StepOutcome outcome, double lr, double seconds, double dataSeconds)
      throws CollectiveException, InterruptedException {
    if (recorder != null) {
      recorder.step(group.generation(), group.worldSize(), outcome, lr, seconds, dataSeconds);
      sampleRows.writeMissing(recorder.log(), trainer.committedSteps());
    }
    if (dutiesDone < duties.completedEpochs(trainer.committedSteps())) {
      performDuties();
    } else if (duties.savesAtStep(trainer.committedSteps())) {
      save();
    }
  }

  /** Evaluates and saves after the end of an epoch. */
  private void performDuties() throws CollectiveException, InterruptedException {
    int epoch = duties.completedEpochs(trainer.committedSteps());
    if (duties.evaluates(epoch)) {
      RetrievalEvaluation evaluation =
          new RetrievalEvaluation(
              trainer.model(), encoder, run.validation(), run.evaluationBatch());
      activity = Activity.EVALUATING;
      Map<String, Double> metrics = evaluation.run(collectives, this::showEvaluation);
      if (recorder != null) {
        recorder.evaluation(epoch, metrics);
      }
    }
    dutiesDone = epoch;
    if (duties.saves(epoch)) {
      save();
    }
  }

  private void showEvaluation(int encoded) {
    progress.incrementAndGet();
    if (recorder != null) {
      recorder
          .log()
          .busy(
              "evaluating: %d of %d pairs"
                  .formatted(encoded, run.validation().samples() / group.worldSize()));
    }
  }

  @Override
  public void checkpoint(String reason) {
    LOG.info("checkpoint: {}", reason);
    save();
    if (recorder != null && lastWish.compareTo(Wish.PAUSE) >= 0) {
      // The group is about to end; its coordinator can let it commit now, perhaps not later.
      recorder.awaitWritten();
    }
  }

  private void save() {
    if (recorder != null) {
      activity = Activity.SAVING;
      try {
        recorder.save(trainer, dutiesDone, group.generation());
      } catch (CheckpointException e) {
        throw new RunFailure(e.getMessage(), e);
      }
    }
  }

  @Override
  public long progress() {
    ClipTrainer current = trainer;
    return progress.get() + (current == null ? 0 : current.progress());
  }

  @Override
  public Activity activity() {
    Collectives current = collectives;
    boolean waits = activity == Activity.COMPUTING && current != null && current.waiting();
    return waits ? Activity.WAITING : activity;
  }

  @Override
  public void abort() {
    aborted = true;
    Collectives current = collectives;
    if (current != null) {
      current.abort();
    }
    SliceStream stream = slices;
    if (stream != null) {
      stream.close();
    }
  }

  /** Leaves the broken group at once: peers that wait for this rank learn it from their sockets. */
  private GroupFailure lost(CollectiveException e) {
    leaveGroup();
    return new GroupFailure(e.getMessage(), e);
  }

  private static double seconds(long startNanos) {
    return (System.nanoTime() - startNanos) / 1e9;
  }

  private void leaveGroup() {
    if (slices != null) {
      slices.close();
      slices = null;
    }
    if (collectives != null) {
      collectives.close();
      collectives = null;
    }
  }

  private void closeRendezvous() {
    if (rendezvous != null) {
      rendezvous.close();
      rendezvous = null;
    }
  }

  private void closeRecorder() {
    if (recorder != null) {
      recorder.close();
      recorder = null;
    }
  }

  @Override
  public void close() {
    if (recorder != null) {
      run.results(recorder.finish());
    }
    closeRecorder();
    leaveGroup();
    closeRendezvous();
    if (encoder != null) {
      if (run.settings().log().sampleLedger() && trainer.committedSteps() >= 0) {
        LOG.info(
            "State of worker {} after step {}: {}",
            context.name(),
            trainer.committedSteps(),
            trainer.stateHash());
      }
      encoder.close();
      trainer.close();
    }
  }
}
