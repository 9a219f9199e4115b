package dev.troupe.runtime.settings;

import dev.troupe.runtime.settings.ClusterSettings.Transport;
import dev.troupe.runtime.settings.OptimizationSettings.LrScheduler;
import java.util.Locale;
import java.util.Optional;

/**
 * Everything that {@code ./troupe train} can be told, by group. Built by {@link SettingsLoader}.
 */
public record TrainSettings(
    ModelSettings model,
    DataSettings data,
    ImageSettings image,
    OptimizationSettings optimization,
    LossSettings loss,
    DeviceSettings device,
    EvaluationSettings evaluation,
    CheckpointSettings checkpoints,
    LogSettings log,
    StorageSettings storage,
    ClusterSettings cluster)
    implements Checked {

  /**
   * Samples of each step over all workers: {@code --global-batch-size}, else OpenCLIP's {@code
   * --batch-size} × {@code --accum-freq} × the workers that the run starts with.
   */
  public int globalBatchSize() {
    return optimization
        .globalBatchSize()
        .orElseGet(
            () -> optimization.batchSize() * optimization.accumFreq() * cluster.leastWorkers());
  }

  /** Whether the run learns from a teacher model. */
  public boolean distills() {
    return loss.distillModel().isPresent() && loss.distillPretrained().isPresent();
  }

  /** Whether OpenCLIP would take this for a CoCa model: by its name. */
  public boolean coca() {
    return model.model().toLowerCase(Locale.ROOT).contains("coca");
  }

  /** Whether there is something to train on; else the run only evaluates, as OpenCLIP does. */
  public boolean trains() {
    return data.trainData().isPresent() || data.datasetType() == DatasetType.SYNTHETIC;
  }

  /** The same for an evaluation alone, of {@code --pretrained} or of {@code --resume}. */
  public EvalSettings evalSettings() {
    Optional<String> weights = model.pretrained().or(checkpoints::resume);
    return new EvalSettings(
        model.withPretrained(weights), data, evaluation, image, device, storage);
  }

  @Override
  public void check(Problems problems) {
    checkData(problems);
    checkOptimization(problems);
    checkLoss(problems);
    checkCluster(problems);
    checkLog(problems);
  }

  private void checkLog(Problems problems) {
    if (log.reportTo().map(to -> to.contains("wandb")).orElse(false)) {
      problems.add("report-to", "tensorboard; wandb can show its event files");
    }
    if (log.name().isEmpty() && !cluster.seedNodes().isEmpty()) {
      problems.missing("name", "the same run name on every node, with seed-nodes");
    }
    if (log.name().isEmpty() && checkpoints.resume().map("latest"::equals).orElse(false)) {
      problems.missing("name", "the name of the run to go on with, for resume latest");
    }
  }

  private void checkData(Problems problems) {
    if (!trains() && data.valData().isEmpty() && evaluation.zeroshotData().isEmpty()) {
      problems.missing("train-data", "shards to train on, or val-data to evaluate on");
    }
    if (data.trainDataUpsamplingFactors().isPresent()) {
      if (!data.datasetResampled()) {
        problems.add("train-data-upsampling-factors", "dataset-resampled to be on");
      }
      int sources = data.trainData().map(source -> source.split("::").length).orElse(0);
      int factors = data.trainDataUpsamplingFactors().get().split("::").length;
      if (sources != factors) {
        problems.add(
            "train-data-upsampling-factors",
            "as many factors as train-data has sources: " + sources + ", not " + factors);
      }
    }
    if (trains() && evaluation.zeroshotData().isPresent()) {
      problems.add("zeroshot-data", "none in training; ./troupe eval classifies with a checkpoint");
    }
    evaluation.check(problems);
    image.check(problems);
    model.check(problems);
  }

  private void checkOptimization(Problems problems) {
    if (optimization.globalBatchSize().isPresent() && problems.given("batch-size")) {
      problems.add("batch-size", "either this or global-batch-size");
    }
    if (optimization.lrScheduler() == LrScheduler.CONST_COOLDOWN
        && optimization.epochsCooldown().isEmpty()) {
      problems.missing("epochs-cooldown", "a number of epochs, for lr-scheduler const-cooldown");
    }
    if (optimization.epochsCooldown().orElse(0) > optimization.epochs()) {
      problems.add("epochs-cooldown", "at most epochs: " + optimization.epochs());
    }
  }

  private void checkLoss(Problems problems) {
    if (loss.distillModel().isPresent() != loss.distillPretrained().isPresent()) {
      String other = loss.distillModel().isPresent() ? "distill-pretrained" : "distill-model";
      problems.missing(other, "both distill-model and distill-pretrained, or neither");
    }
    if (distills() && optimization.accumFreq() > 1) {
      problems.add("accum-freq", "1 with distillation");
    }
    if (distills() && coca()) {
      problems.add("distill-model", "a student other than CoCa");
    }
    if (loss.siglip() && coca()) {
      problems.add("siglip", "a model other than CoCa");
    }
  }

  private void checkCluster(Problems problems) {
    int most = cluster.maxWorkers().orElse(Integer.MAX_VALUE);
    if (cluster.leastWorkers() > most) {
      problems.add("max-workers", "at least min-workers: " + cluster.leastWorkers());
    }
    if (cluster.workersPerNode() == 0 && cluster.roles().contains(ClusterSettings.Role.WORKER)) {
      problems.add("workers-per-node", ">= 1 on a node of role worker");
    }
    if (cluster.transport() == Transport.TLS_TCP && cluster.tlsDir().isEmpty()) {
      problems.missing("tls-dir", "a folder of certificates, for transport tls-tcp");
    }
    if (optimization.globalBatchSize().orElse(Integer.MAX_VALUE) < cluster.leastWorkers()) {
      problems.add(
          "global-batch-size", "at least a sample for each worker: " + cluster.leastWorkers());
    }
  }
}
