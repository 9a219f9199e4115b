package dev.troupe.runtime.train;

import dev.troupe.actors.task.CommitGate;
import dev.troupe.data.image.Augmentation;
import dev.troupe.data.image.ImageTransforms;
import dev.troupe.data.image.Preprocess;
import dev.troupe.data.stream.OrderSpec;
import dev.troupe.data.stream.TrainingData;
import dev.troupe.data.stream.ValidationData;
import dev.troupe.data.text.Tokenizer;
import dev.troupe.nn.loss.LossSettings;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ClipModels;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.optim.AdamWSettings;
import dev.troupe.nn.optim.LrSchedule;
import dev.troupe.nn.torch.Torch;
import dev.troupe.nn.train.ClipTrainer;
import dev.troupe.nn.train.TrainerSettings;
import dev.troupe.runtime.checkpoint.Checkpoint;
import dev.troupe.runtime.checkpoint.CheckpointException;
import dev.troupe.runtime.checkpoint.CheckpointFolder;
import dev.troupe.runtime.eval.Encoder;
import dev.troupe.runtime.log.RunFolder;
import dev.troupe.runtime.settings.OptimizationSettings;
import dev.troupe.runtime.settings.TrainSettings;
import dev.troupe.runtime.weights.ResolvedWeights;
import dev.troupe.runtime.wiring.ChosenModel;
import dev.troupe.runtime.wiring.DataStreams;
import dev.troupe.runtime.wiring.Devices;
import dev.troupe.runtime.wiring.Preprocessing;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** What the workers of one process share: settings, data, preprocessing, the run's folder. */
final class RunContext implements AutoCloseable {
  /** First weights come from libtorch's one generator of the process: one worker at a time. */
  private static final Object INITIALIZING = new Object();

  private final TrainSettings settings;
  private final ChosenModel model;
  private final Preprocess preprocess;
  private final RunFolder folder;
  private final Optional<Checkpoint> resume;
  private final DataStreams streams;
  private final TrainingData training;
  private final Optional<ValidationData> validation;
  private volatile String results;

  RunContext(
      TrainSettings settings, ChosenModel model, RunFolder folder, Optional<Checkpoint> resume) {
    this.settings = settings;
    this.model = model;
    // A resumed run goes on with the images as they were, even if its first weights are not named.
    Optional<ResolvedWeights> before =
        resume
            .map(checkpoint -> ResolvedWeights.local(checkpoint.folder()))
            .filter(weights -> weights.preprocess().isPresent());
    this.preprocess = Preprocessing.of(model.config(), settings.image(), before.or(model::weights));
    this.folder = folder;
    this.resume = resume;
    this.streams = DataStreams.open(settings, folder);
    try {
      Tokenizer tokenizer = model.newTokenizer();
      this.training = openTraining(tokenizer);
      this.validation = openValidation(tokenizer);
      resume.ifPresent(checkpoint -> Resume.check(checkpoint, planFacts()));
    } catch (RuntimeException e) {
      streams.close();
      throw e;
    }
  }

  private TrainingData openTraining(Tokenizer tokenizer) {
    Augmentation augmentation = Preprocessing.augmentation(settings.image().augCfg());
    return streams
        .factory()
        .training(
            DataStreams.trainingSpec(settings),
            new OrderSpec(
                settings.optimization().seed(),
                settings.optimization().epochs(),
                settings.globalBatchSize()),
            ImageTransforms.train(preprocess, augmentation),
            tokenizer);
  }

  private Optional<ValidationData> openValidation(Tokenizer tokenizer) {
    return DataStreams.validationSpec(settings)
        .map(
            spec ->
                streams
                    .factory()
                    .validation(spec, ImageTransforms.validation(preprocess), tokenizer));
  }

  TrainSettings settings() {
    return settings;
  }

  ModelConfig config() {
    return model.config();
  }

  Preprocess preprocess() {
    return preprocess;
  }

  TrainingData training() {
    return training;
  }

  ValidationData validation() {
    return validation.orElseThrow();
  }

  Optional<Checkpoint> resume() {
    return resume;
  }

  /** The newest whole checkpoint of the run. */
  Optional<Checkpoint> latestCheckpoint() {
    return settings.log().writesFiles()
        ? new CheckpointFolder(folder.checkpoints()).latest()
        : Optional.empty();
  }

  /** OpenCLIP evaluates in the training's batches. */
  int evaluationBatch() {
    return settings.evaluation().evalBatchSize().orElse(settings.optimization().batchSize());
  }

  /** The device of a worker of this process: with several CUDA devices, one each. */
  private String device(int localIndex) {
    return Devices.of(settings.device().device(), localIndex);
  }

  int threadsPerWorker() {
    int workers = Math.max(1, settings.cluster().workersPerNode());
    int share = Math.max(1, Runtime.getRuntime().availableProcessors() / workers);
    return settings.device().threads().orElse(share);
  }

  int dataPort(int localIndex) {
    int first = settings.cluster().dataPort();
    return first == 0 ? 0 : first + localIndex;
  }

  /** A trainer with first, pretrained or resumed weights. */
  ClipTrainer newTrainer(int localIndex) {
    ClipModel clip = ClipModels.create(config());
    if (resume.isEmpty() && model.weights().isEmpty()) {
      synchronized (INITIALIZING) {
        torch.manual_seed(settings.optimization().seed());
        clip.initialize();
      }
    } else if (resume.isEmpty()) {
      model.load(clip); // every tensor of the state, so that none needs a first value
    }
    Locks.apply(settings.model(), clip);
    ClipTrainer trainer =
        new ClipTrainer(
            clip,
            trainerSettings(device(localIndex)),
            resume.map(checkpoint -> checkpoint.state().step()).orElse(0L));
    resume.ifPresent(checkpoint -> Resume.load(checkpoint, trainer));
    return trainer;
  }

  /** Encodes with a trainer's model, on its device and in its precision. */
  Encoder newEncoder(ClipTrainer trainer) {
    TrainerSettings how = trainer.settings();
    return new Encoder(trainer.model(), Torch.device(how.device()), how.precision(), preprocess);
  }

  /**
   * Runs a step that leaves no trace. It seeds libtorch's default generator, from which another
   * worker of this process may be drawing its first weights.
   */
  void rehearse(ClipTrainer trainer, int samples) {
    synchronized (INITIALIZING) {
      trainer.rehearse(samples);
    }
  }

  private TrainerSettings trainerSettings(String device) {
    OptimizationSettings optimization = settings.optimization();
    return new TrainerSettings(
        device,
        Devices.precision(settings.device().precision(), device),
        new AdamWSettings(
            optimization.beta1(), optimization.beta2(), optimization.eps(), optimization.wd()),
        new LossSettings(
            settings.loss().siglip(),
            settings.loss().lossCompat()
                == dev.troupe.runtime.settings.LossSettings.LossCompat.OPENCLIP,
            settings.loss().localLoss(),
            settings.loss().gatherWithGrad()),
        optimization.accumFreq(),
        optimization.maxMicroBatch().orElse(0),
        optimization.gradClipNorm().orElse(0.0),
        optimization.seed(),
        Preprocessing.floats(preprocess.mean()),
        Preprocessing.floats(preprocess.std()));
  }

  LrSchedule schedule() {
    OptimizationSettings o = settings.optimization();
    long total = training.totalSteps();
    if (o.skipScheduler()) {
      return LrSchedule.none(o.lr());
    }
    return switch (o.lrScheduler()) {
      case COSINE -> LrSchedule.cosine(o.lr(), o.warmup(), total);
      case CONST -> LrSchedule.constant(o.lr(), o.warmup());
      case CONST_COOLDOWN ->
          LrSchedule.constantCooldown(
              o.lr(),
              o.warmup(),
              total,
              total * o.epochsCooldown().orElseThrow() / o.epochs(),
              o.lrCooldownPower(),
              o.lrCooldownEnd());
    };
  }

  RunRecorder openRecorder(long committedSteps, CommitGate gate, ClipTrainer trainer) {
    if (settings.log().writesFiles()) {
      requireSpace(trainer);
    }
    return new RunRecorder(settings, folder, training, planFacts(), gate, committedSteps);
  }

  private void requireSpace(ClipTrainer trainer) {
    long needed = bytes(trainer.model().state()) + bytes(trainer.optimizer().state());
    long free = new CheckpointFolder(folder.checkpoints()).freeBytes();
    if (free < needed) {
      throw new CheckpointException(
          "%s: %d MiB are free (expected: %d MiB, the size of one checkpoint). Make room, choose another --logs, or train without files: --logs none"
              .formatted(folder.path(), free >> 20, needed >> 20));
    }
  }

  private static long bytes(Map<String, Tensor> tensors) {
    return tensors.values().stream().mapToLong(Tensor::nbytes).sum();
  }

  /** The table of results, once a task of this process that wrote the run's files is closed. */
  Optional<String> results() {
    return Optional.ofNullable(results);
  }

  void results(String table) {
    results = table;
  }

  /** What must be the same on every worker of the run, by name. */
  Map<String, String> facts() {
    return RunFacts.of(settings, config(), Preprocessing.config(preprocess), training);
  }

  /** What a resumed run must share with the run before it. */
  Map<String, String> planFacts() {
    return RunFacts.ofPlan(settings, config(), Preprocessing.config(preprocess), training);
  }

  @Override
  public void close() {
    training.close();
    validation.ifPresent(ValidationData::close);
    streams.close();
  }
}
