package dev.troupe.nn.optim;

import dev.troupe.nn.torch.Operator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * AdamW (Loshchilov and Hutter 2019) over named parameters, in one fused pass over each group.
 *
 * <p>As in OpenCLIP, a parameter does not decay if it has fewer than two dimensions or its name
 * holds {@code bn}, {@code ln}, {@code bias} or {@code logit_scale}.
 *
 * <p><b>Native memory:</b> owns its state tensors until {@link #close()}; the parameters stay the
 * model's.
 */
public final class AdamW implements AutoCloseable {
  private static final String FIRST_MOMENT = "exp_avg.";
  private static final String SECOND_MOMENT = "exp_avg_sq.";
  private static final String LOSS_SCALE = "loss_scale";

  private final AdamWSettings settings;
  private final Map<String, Tensor> parameters = new LinkedHashMap<>();
  private final Map<String, Tensor> state = new LinkedHashMap<>();
  private final Operator fused = new Operator("aten::_fused_adamw_", "");
  private final LossScale lossScale;
  private long steps;

  /** An optimizer whose gradients are not scaled. */
  public AdamW(Map<String, Tensor> parameters, AdamWSettings settings) {
    this(parameters, settings, false);
  }

  /**
   * @param parameters by name; those that need no gradient are left out
   * @param scalesLoss whether the gradients are those of a {@linkplain LossScale scaled} loss
   */
  public AdamW(Map<String, Tensor> parameters, AdamWSettings settings, boolean scalesLoss) {
    this.settings = settings;
    this.lossScale = scalesLoss ? new LossScale() : null;
    try (PointerScope scope = new PointerScope()) {
      parameters.forEach(
          (name, parameter) -> {
            if (parameter.requires_grad()) {
              this.parameters.put(name, parameter);
              Tensor value = parameter.detach();
              state.put(FIRST_MOMENT + name, owned(torch.zeros_like(value)));
              state.put(SECOND_MOMENT + name, owned(torch.zeros_like(value)));
            }
          });
    }
    if (lossScale != null) {
      state.put(LOSS_SCALE, lossScale.state());
    }
  }

  /** The scale of the loss, or null if it is not scaled. */
  public LossScale lossScale() {
    return lossScale;
  }

  private static Tensor owned(Tensor tensor) {
    tensor.retainReference();
    return tensor;
  }

  /** Whether weight decay applies to a parameter: OpenCLIP's rule. */
  public static boolean decays(String name, Tensor parameter) {
    return parameter.dim() >= 2
        && !name.contains("bn")
        && !name.contains("ln")
        && !name.contains("bias")
        && !name.contains("logit_scale");
  }

  /** The parameters that are trained, by name. */
  public Map<String, Tensor> parameters() {
    return Collections.unmodifiableMap(parameters);
  }

  /**
   * The state by name, {@code exp_avg.NAME} and {@code exp_avg_sq.NAME} for each parameter NAME;
   * the tensors themselves, to be read or overwritten in place. With {@link #steps()} this is all
   * there is to save.
   */
  public Map<String, Tensor> state() {
    return Collections.unmodifiableMap(state);
  }

  /** Number of updates so far, for Adam's bias correction. */
  public long steps() {
    return steps;
  }

  /** Sets the number of updates so far, when state is loaded. */
  public void steps(long steps) {
    this.steps = steps;
  }

  /**
   * Updates the parameters.
   *
   * @param gradients by parameter name; a parameter without one stays as it is
   * @param lr learning rate
   * @param divisor what the gradients are divided by, in the same pass; they are overwritten with
   *     the quotient
   */
  public void update(Map<String, Tensor> gradients, double lr, double divisor) {
    steps++;
    Map<Group, List<String>> groups = new LinkedHashMap<>();
    parameters.forEach(
        (name, parameter) -> {
          if (gradients.containsKey(name)) {
            Group group = new Group(decays(name, parameter), parameter.scalar_type().intern());
            groups.computeIfAbsent(group, g -> new ArrayList<>()).add(name);
          }
        });
    groups.forEach(
        (group, names) ->
            update(names, gradients, lr, divisor, group.decays() ? settings.weightDecay() : 0));
  }

  /** Parameters that one fused pass may take together. */
  private record Group(boolean decays, torch.ScalarType type) {}

  private void update(
      List<String> names, Map<String, Tensor> gradients, double lr, double divisor, double decay) {
    try (PointerScope scope = new PointerScope()) {
      Tensor device = parameters.get(names.get(0));
      Tensor step = scalar(steps, device);
      fused.call(
          list(names, parameters, ""),
          list(names, gradients, ""),
          list(names, state, FIRST_MOMENT),
          list(names, state, SECOND_MOMENT),
          Operator.list(List.of()),
          Operator.list(Collections.nCopies(names.size(), step)),
          new IValue(lr),
          new IValue(settings.beta1()),
          new IValue(settings.beta2()),
          new IValue(decay),
          new IValue(settings.eps()),
          new IValue(false),
          new IValue(false),
          divisor == 1 ? Operator.none() : new IValue(scalar(divisor, device)),
          Operator.none());
    }
  }

  private static IValue list(List<String> names, Map<String, Tensor> tensors, String prefix) {
    // Detached: the update is not part of any graph.
    return Operator.list(
        () -> names.stream().map(n -> tensors.get(prefix + n).detach()).iterator());
  }

  private static Tensor scalar(double value, Tensor like) {
    return torch.full(
        new long[0],
        new Scalar(value),
        like.options().dtype(new org.bytedeco.pytorch.ScalarTypeOptional(torch.ScalarType.Float)));
  }

  @Override
  public void close() {
    state.values().forEach(Tensor::releaseReference);
    state.clear();
  }
}
