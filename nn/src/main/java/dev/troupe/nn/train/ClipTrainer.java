package dev.troupe.nn.train;

import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.optim.AdamW;
import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.torch.Torch;
import dev.troupe.nn.train.PhaseClock.Phase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * One rank's training: owns the model, the optimizer and the number of committed steps.
 *
 * <p>Life: build (model with its first or loaded weights), {@link #join} a group, {@link #step}
 * until done or a {@link CollectiveException} says that the group is broken; then join the next
 * group. A step either commits on a rank or leaves no trace there; ranks may differ by one
 * committed step after a failure, which {@link #join} evens out.
 *
 * <p>All methods are called by one thread (see {@link Torch#threads}), except {@link #progress()};
 * to break a step that hangs, {@link Collectives#abort()} its group.
 *
 * <p><b>Native memory:</b> everything a step makes is freed before it returns, except the gradient
 * buckets, which live as long as the group.
 */
public final class ClipTrainer implements AutoCloseable {
  private static final double MAX_LOGIT_SCALE = Math.log(100);

  private final ClipModel model;
  private final TrainerSettings settings;
  private final Device device;
  private final AdamW optimizer;
  private final BufferSync bufferSync;
  private final GradientPass pass;
  private final AtomicLong progress = new AtomicLong();
  private final Tensor pixelScale;
  private final Tensor pixelShift;

  /** A number that models of the same names, shapes and types share. */
  private final long structure;

  private long committedSteps;

  /** Whether it has never been in a group. */
  private boolean fresh = true;

  private Collectives group;
  private GradientBuckets buckets;
  private Undecided undecided;

  /**
   * A step whose gradients are complete and whose vote has begun. If the vote breaks, the next
   * group knows whether the others committed it; then this rank commits it too, without a transfer.
   */
  private record Undecided(
      Map<String, Tensor> gradients,
      double lr,
      double divisor,
      boolean overflowed,
      BufferSync.Snapshot before) {}

  /**
   * @param model takes ownership; moved to the device
   * @param committedSteps committed steps behind the model's weights: 0 for a fresh run, -1 if they
   *     are worth nothing and must come from the group
   * @throws IllegalArgumentException if the device is missing or the model cannot be trained
   */
  public ClipTrainer(ClipModel model, TrainerSettings settings, long committedSteps) {
    if (model.config().isCoCa()) {
      throw new IllegalArgumentException(
          "model: "
              + model.config().name()
              + " (expected: a model without a caption decoder); CoCa models are evaluated and"
              + " exported, not trained");
    }
    this.model = model;
    this.settings = settings;
    this.committedSteps = committedSteps;
    this.device = Torch.device(settings.device());
    WeightCast.apply(model, device, settings.precision());
    this.optimizer =
        new AdamW(model.parameters(), settings.optimizer(), settings.precision().scalesLoss());
    this.bufferSync = new BufferSync(model.buffers());
    this.pass = new GradientPass(model, settings, optimizer.parameters(), bufferSync, progress);
    try (PointerScope scope = new PointerScope()) {
      Tensor std = channels(settings.std());
      pixelScale = owned(std.mul(new Scalar(255.0)).reciprocal());
      pixelShift = owned(channels(settings.mean()).div(std).neg());
      structure = StateHash.ofStructure(state());
    }
  }

  private Tensor channels(float[] values) {
    return torch.tensor(values).view(1, 3, 1, 1).to(device, ScalarType.Float);
  }

  public TrainerSettings settings() {
    return settings;
  }

  public ClipModel model() {
    return model;
  }

  public AdamW optimizer() {
    return optimizer;
  }

  /** Committed steps; also the number of the next step. -1 if this rank holds no state. */
  public long committedSteps() {
    return committedSteps;
  }

  /** Sets the count, after weights and optimizer state were loaded in place. */
  public void committedSteps(long steps) {
    committedSteps = steps;
  }

  /**
   * Takes part in {@code next} from now on: agrees on the highest committed step, and receives
   * parameters, buffers and optimizer state if this rank is behind or in its first group, or sends
   * them if it is the first of the most advanced ones. So all start from one rank's first weights,
   * as in DDP. The trainer does not own the group.
   *
   * @return committed steps of the group
   * @throws CollectiveException if the group breaks meanwhile; this rank's state may then be
   *     incomplete, and {@link #committedSteps()} is -1
   * @throws IllegalStateException if no rank holds state, or the ranks' models differ
   */
  public long join(Collectives next) throws CollectiveException {
    return join(next, step -> {});
  }

  /**
   * {@link #join(Collectives)} for a caller with data to open: it need not wait for the state to
   * travel.
   *
   * @param agreed told the committed steps of the group before any state is sent
   */
  public long join(Collectives next, LongConsumer agreed) throws CollectiveException {
    leave();
    group = next;
    long[][] ranks = next.allGather(committedSteps, optimizer.steps(), structure, fresh ? 1 : 0);
    int root = 0;
    for (int r = 0; r < ranks.length; r++) {
      if (ranks[r][2] != ranks[0][2]) {
        throw new IllegalStateException(
            "rank "
                + r
                + " has another model than rank 0; start all workers with the same --model");
      }
      boolean ahead = ranks[r][0] > ranks[root][0];
      if (ahead || (ranks[r][0] == ranks[root][0] && ranks[r][3] < ranks[root][3])) {
        root = r;
      }
    }
    long highest = ranks[root][0];
    if (highest < 0) {
      throw new IllegalStateException(
          "no worker of the group holds the run's state; resume from a checkpoint");
    }
    if (undecided != null) {
      // The vote broke; by now it is known whether the others committed.
      settle(highest == committedSteps + 1);
      closeBuckets();
    }
    agreed.accept(highest);
    boolean behind = committedSteps < highest || (fresh && next.rank() != root);
    List<Integer> receivers = behind(next, behind);
    if (!receivers.isEmpty()) {
      if (behind) {
        committedSteps = -1;
      }
      try (NoGradGuard guard = new NoGradGuard()) {
        new StateSync(next, progress).send(state().values(), root, receivers);
      }
      if (behind) {
        optimizer.steps(ranks[root][1]);
        committedSteps = highest;
      }
    }
    if (next.worldSize() > 1) {
      buckets = new GradientBuckets(optimizer.parameters(), next);
    }
    fresh = false;
    return highest;
  }

  /** The ranks that say they are behind. */
  private static List<Integer> behind(Collectives group, boolean own) throws CollectiveException {
    List<Integer> ranks = new ArrayList<>();
    long[][] all = group.allGather(own ? 1 : 0);
    for (int r = 0; r < all.length; r++) {
      if (all[r][0] != 0) {
        ranks.add(r);
      }
    }
    return ranks;
  }

  /** Parts with the group; keeps the buckets while a step in them is undecided. */
  private void leave() {
    group = null;
    if (undecided == null) {
      closeBuckets();
    }
  }

  private void closeBuckets() {
    if (buckets != null) {
      buckets.close();
      buckets = null;
    }
  }

  /**
   * Runs step number {@link #committedSteps()}.
   *
   * @param lr learning rate of this step
   * @param wish a small number; the highest of all ranks comes back in the outcome
   * @throws CollectiveException if the group broke; whether the step counts as committed here shows
   *     in {@link #committedSteps()} after the next {@link #join}
   */
  public StepOutcome step(StepInput input, double lr, int wish) throws CollectiveException {
    if (group == null || committedSteps < 0) {
      throw new IllegalStateException("step: no group (expected: join a group first)");
    }
    PhaseClock clock = new PhaseClock();
    try (TensorScope scope = new TensorScope()) {
      Ready ready = prepare(input, lr, clock);
      Vote vote = ready.vote(group, wish);
      clock.lap(Phase.COMMUNICATION);
      long step = committedSteps;
      settle(vote.commits());
      clock.lap(Phase.OPTIMIZER);
      return new StepOutcome(
          step,
          vote.commits(),
          vote.wish(),
          vote.nonFiniteRanks(),
          vote.loss(),
          Arrays.stream(ready.result().counts()).sum(),
          Math.exp(model.logitScale().item().toDouble()),
          ready.norm(),
          clock.phases());
    }
  }

  /** A step of which all is done but the vote. */
  record Ready(GradientPass.Result result, double norm, boolean overflowed) {
    Vote vote(Collectives group, int wish) throws CollectiveException {
      boolean finite = (Double.isFinite(norm) || overflowed) && Double.isFinite(result.share());
      return Vote.cast(
          group,
          finite,
          result.featuresFinite(),
          () -> result.own().stream().allMatch(ClipTrainer::finite),
          wish,
          result.share());
    }
  }

  /** Does all of a step but the vote, which {@link #settle} is to be told of. */
  Ready prepare(StepInput input, double lr, PhaseClock clock) throws CollectiveException {
    model.train(true);
    BufferSync.Snapshot before = bufferSync.snapshot();
    try {
      GradientPass.Result result = gradients(input, before, clock);
      double scaled = norm(result.gradients());
      double norm = scaled / lossFactor();
      boolean overflowed =
          optimizer.lossScale() != null
              && Double.isFinite(result.share())
              && optimizer.lossScale().overflowed(scaled);
      double divisor = lossFactor() * clipping(norm);
      undecided = new Undecided(result.gradients(), lr, divisor, overflowed, before);
      clock.lap(Phase.OPTIMIZER);
      return new Ready(result, norm, overflowed);
    } finally {
      if (undecided == null) {
        before.restore();
        before.close();
      }
    }
  }

  /** Commits the undecided step, or undoes what it did to the buffers. */
  private void settle(boolean commits) {
    try (BufferSync.Snapshot before = undecided.before()) {
      if (commits) {
        commit(undecided);
      } else {
        before.restore();
      }
    } finally {
      undecided = null;
    }
  }

  /** Stages 1 to 5 of the next step; the result's tensors belong to the surrounding scope. */
  GradientPass.Result gradients(StepInput input) throws CollectiveException {
    model.train(true);
    try (BufferSync.Snapshot before = bufferSync.snapshot()) {
      return gradients(input, before, new PhaseClock());
    }
  }

  /**
   * Runs a step on made-up samples up to its vote and forgets it, so that the first real one finds
   * libraries loaded, kernels chosen and classes loaded. Leaves no trace in the training.
   *
   * @param samples of the made-up batch
   */
  public void rehearse(int samples) {
    StepInput input = StepBenchmark.input(model.config().json(), samples);
    try (TensorScope scope = new TensorScope();
        Collectives alone = Collectives.alone(settings.device())) {
      group = alone;
      model.train(true);
      try (BufferSync.Snapshot before = bufferSync.snapshot()) {
        gradients(input, before, new PhaseClock());
        before.restore();
      }
      new GradientBuckets(optimizer.parameters(), alone).close();
    } catch (CollectiveException e) {
      throw new IllegalStateException(e); // alone, there is nobody to lose
    } finally {
      group = null;
    }
  }

  private GradientPass.Result gradients(
      StepInput input, BufferSync.Snapshot before, PhaseClock clock) throws CollectiveException {
    long used =
        model.usedTokens(
            Math.min(input.longestCaption(), input.contextLength()), input.contextLength());
    MicroBatches batches = new MicroBatches(input, settings, used, device, pixelScale, pixelShift);
    return pass.run(batches, committedSteps, group, buckets, before, lossFactor(), clock);
  }

  private double lossFactor() {
    return optimizer.lossScale() == null ? 1 : optimizer.lossScale().factor();
  }

  private static double norm(Map<String, Tensor> gradients) {
    double squares = 0;
    for (Tensor gradient : gradients.values()) {
      try (PointerScope scope = new PointerScope()) {
        double norm =
            gradient.norm(new ScalarOptional(new Scalar(2.0)), ScalarType.Float).item().toDouble();
        squares += norm * norm;
      }
    }
    return Math.sqrt(squares);
  }

  private double clipping(double norm) {
    if (settings.gradClipNorm() == 0) {
      return 1;
    }
    // PyTorch multiplies by min(1, limit / (norm + 1e-6)).
    return Math.max(1, (norm + 1e-6) / settings.gradClipNorm());
  }

  private static boolean finite(Tensor tensor) {
    try (PointerScope scope = new PointerScope()) {
      return tensor.isfinite().all().item().toBool();
    }
  }

  private void commit(Undecided step) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      if (!step.overflowed()) {
        optimizer.update(step.gradients(), step.lr(), step.divisor());
        model
            .logitScale()
            .clamp_(
                new ScalarOptional(new Scalar(0.0)),
                new ScalarOptional(new Scalar(MAX_LOGIT_SCALE)));
      }
      if (optimizer.lossScale() != null) {
        optimizer.lossScale().update(step.overflowed());
      }
      committedSteps++;
    }
  }

  /** Parameters, buffers and optimizer state, in an order that all ranks share. */
  private Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>(model.state());
    state.putAll(optimizer.state());
    return state;
  }

  /** Grows with each micro-batch encoded and each chunk of state received. Any thread. */
  public long progress() {
    return progress.get();
  }

  /** A hash of parameters, buffers, optimizer state and step count, equal on ranks that agree. */
  public String stateHash() {
    return StateHash.of(state()) + "-" + optimizer.steps() + "-" + committedSteps;
  }

  /** A hash of the parameters alone. */
  public String parameterHash() {
    return StateHash.of(model.parameters());
  }

  private static Tensor owned(Tensor tensor) {
    tensor.retainReference();
    return tensor;
  }

  /** Frees model and optimizer. */
  @Override
  public void close() {
    closeBuckets();
    if (undecided != null) {
      undecided.before().close();
      undecided = null;
    }
    pixelScale.close();
    pixelShift.close();
    optimizer.close();
    model.close();
  }
}
