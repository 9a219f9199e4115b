package dev.troupe.nn.train;

import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.torch.Autocast;
import dev.troupe.nn.torch.RandomState;
import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.train.PhaseClock.Phase;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Stages 1 to 5 of a step: the gradient of the global batch's loss, equal on every rank. Changes
 * nothing but BatchNorm's running statistics.
 */
final class GradientPass {
  private final ClipModel model;
  private final TrainerSettings settings;
  private final Map<String, Tensor> parameters;
  private final BufferSync bufferSync;
  private final LossStage lossStage;
  private final AtomicLong progress;
  private final boolean cuda;

  GradientPass(
      ClipModel model,
      TrainerSettings settings,
      Map<String, Tensor> parameters,
      BufferSync bufferSync,
      AtomicLong progress) {
    this.model = model;
    this.settings = settings;
    this.parameters = parameters;
    this.bufferSync = bufferSync;
    this.lossStage = new LossStage(model, settings);
    this.progress = progress;
    this.cuda = settings.device().startsWith("cuda");
  }

  /**
   * The outcome; tensors belong to the surrounding scope or to the buckets.
   *
   * @param share this rank's part of the loss
   * @param counts samples of each rank
   * @param gradients of the global batch, by parameter name
   * @param own this rank's part of them, in no order
   * @param featuresFinite whether this rank's own features were finite
   */
  record Result(
      double share,
      long[] counts,
      Map<String, Tensor> gradients,
      Collection<Tensor> own,
      boolean featuresFinite) {}

  /** Normalised features of a micro-batch, B×D each, with or without a graph. */
  private record Features(Tensor images, Tensor texts) {}

  /**
   * Runs the stages.
   *
   * @param before the buffers before the step
   * @param lossFactor what the gradients come out multiplied by
   */
  Result run(
      MicroBatches batches,
      long step,
      Collectives group,
      GradientBuckets buckets,
      BufferSync.Snapshot before,
      double lossFactor,
      PhaseClock clock)
      throws CollectiveException {
    int k = batches.count();
    long n = k == 0 ? 0 : batches.begin(k);
    List<Features> cached = new ArrayList<>();
    Features last = null;
    for (int i = 0; i < k; i++) {
      if (i < k - 1) {
        cached.add(encodeQuietly(batches, i, step, group.rank()));
      } else {
        // What the passes without a graph did to the running statistics is done again with it.
        if (k > 1) {
          before.restore();
        }
        last = encode(batches, i, step, group.rank());
        cached.add(new Features(last.images().detach(), last.texts().detach()));
      }
      progress.incrementAndGet();
    }
    clock.lap(Phase.FORWARD);
    long[] counts = column(group.allGather(n));
    clock.lap(Phase.COMMUNICATION);
    Tensor imageRows = rows(cached, Features::images);
    Tensor textRows = rows(cached, Features::texts);
    LossStage.Result loss = lossStage.run(group, imageRows, textRows, counts, lossFactor);
    clock.lap(Phase.FORWARD);

    GradientSum sum = new GradientSum(parameters, loss.scalars());
    if (k == 0 && buckets != null) {
      buckets.arm(sum);
    }
    for (int pass = 0; pass < k; pass++) {
      // The last micro-batch has its graph already; its pass frees that memory before the others.
      int i = pass == 0 ? k - 1 : pass - 1;
      if (pass == k - 1 && buckets != null) {
        buckets.arm(sum);
      }
      try (TensorScope scope = new TensorScope()) {
        Features features = pass == 0 ? last : encode(batches, i, step, group.rank());
        long begin = batches.begin(i);
        long rows = batches.begin(i + 1) - begin;
        TensorVector gradients =
            backward(
                features,
                loss.imageGradient().narrow(0, begin, rows),
                loss.textGradient().narrow(0, begin, rows));
        sum.add(gradients, pass == k - 1 && buckets != null, scope);
      }
      progress.incrementAndGet();
    }
    clock.lap(Phase.BACKWARD);
    Map<String, Tensor> gradients = buckets == null ? sum.total() : buckets.reduce();
    bufferSync.average(group, counts);
    clock.lap(Phase.COMMUNICATION);
    return new Result(
        loss.share(), counts, gradients, sum.parts(), finite(imageRows) && finite(textRows));
  }

  private Features encodeQuietly(MicroBatches batches, int i, long step, int rank) {
    try (NoGradGuard guard = new NoGradGuard()) {
      return encode(batches, i, step, rank);
    }
  }

  private Features encode(MicroBatches batches, int i, long step, int rank) {
    RandomState.seed(settings.seed(), step, rank, i);
    try (TensorScope scope = new TensorScope();
        Autocast autocast = Autocast.to(cuda, settings.precision().autocast())) {
      Tensor images = normalize(model.encodeImage(batches.images(i)));
      Tensor texts = normalize(model.encodeText(batches.tokens(i)));
      return new Features(scope.keep(images), scope.keep(texts));
    }
  }

  /** L2-normalises the rows as {@code torch.nn.functional.normalize} does. */
  private static Tensor normalize(Tensor raw) {
    Tensor features = raw.to(ScalarType.Float);
    Tensor norm =
        features.norm(
            new org.bytedeco.pytorch.ScalarOptional(new Scalar(2.0)), new long[] {1}, true);
    return features.div(norm.clamp_min(new Scalar(1e-12)));
  }

  /** Gradients of the trained parameters in their order; undefined where there is none. */
  private TensorVector backward(Features features, Tensor imageGradient, Tensor textGradient) {
    TensorVector outputs = new TensorVector();
    TensorVector outputGradients = new TensorVector();
    if (features.images().requires_grad()) {
      outputs.push_back(features.images());
      outputGradients.push_back(imageGradient);
    }
    if (features.texts().requires_grad()) {
      outputs.push_back(features.texts());
      outputGradients.push_back(textGradient);
    }
    if (outputs.empty()) {
      return new TensorVector();
    }
    TensorVector inputs = new TensorVector();
    parameters.values().forEach(inputs::push_back);
    return torch.grad(outputs, inputs, outputGradients, new BoolOptional(), false, true);
  }

  private Tensor rows(List<Features> cached, java.util.function.Function<Features, Tensor> side) {
    if (cached.isEmpty()) {
      return torch.zeros(
          new long[] {0, model.config().json().path("embed_dim").asLong()},
          model.logitScale().options().dtype(new ScalarTypeOptional(ScalarType.Float)));
    }
    if (cached.size() == 1) {
      return side.apply(cached.get(0));
    }
    TensorVector parts = new TensorVector();
    cached.forEach(features -> parts.push_back(side.apply(features)));
    return torch.cat(parts);
  }

  private static boolean finite(Tensor tensor) {
    return tensor.isfinite().all().item().toBool();
  }

  private static long[] column(long[][] rows) {
    long[] column = new long[rows.length];
    for (int r = 0; r < rows.length; r++) {
      column[r] = rows[r][0];
    }
    return column;
  }
}
