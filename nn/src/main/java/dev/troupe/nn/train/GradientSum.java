package dev.troupe.nn.train;

import dev.troupe.nn.torch.TensorScope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;

/** The gradients of a rank's micro-batches, added up; tensors of the step's scope. */
final class GradientSum {
  private final Map<String, Tensor> parameters;
  private final Map<String, Tensor> complete = new LinkedHashMap<>();
  private final Map<String, Tensor> sums = new LinkedHashMap<>();
  private final Set<String> writable = new HashSet<>();
  private final List<Tensor> apart = new ArrayList<>();

  /**
   * @param parameters the trained parameters
   * @param complete gradients that no backward pass adds to
   */
  GradientSum(Map<String, Tensor> parameters, Map<String, Tensor> complete) {
    this.parameters = parameters;
    complete.forEach(
        (name, gradient) -> {
          if (parameters.containsKey(name)) {
            this.complete.put(name, gradient);
          }
        });
  }

  /**
   * Adds the gradients of one pass.
   *
   * @param gradients in the order of the parameters
   * @param taken whether the buckets have added them up already; then they are only looked at
   * @param scope of the pass
   */
  void add(TensorVector gradients, boolean taken, TensorScope scope) {
    if (gradients.empty()) {
      return;
    }
    long i = 0;
    for (String name : parameters.keySet()) {
      Tensor gradient = gradients.get(i++);
      if (gradient.defined()) {
        if (taken) {
          apart.add(scope.keep(new Tensor(gradient)));
        } else {
          add(name, gradient, scope);
        }
      }
    }
  }

  private void add(String name, Tensor gradient, TensorScope scope) {
    Tensor sum = sums.get(name);
    if (sum == null) {
      sums.put(name, scope.keep(new Tensor(gradient)));
    } else if (writable.contains(name)) {
      sum.add_(gradient);
    } else {
      // What autograd returned may be shared between parameters: it must not be written to.
      sums.put(name, scope.keep(sum.add(gradient)));
      writable.add(name);
    }
  }

  /** The sum so far for a parameter, or null. */
  Tensor get(String name) {
    return sums.get(name);
  }

  /** Gradients that no backward pass adds to. */
  Map<String, Tensor> complete() {
    return complete;
  }

  /** Everything, each tensor of its own memory and laid out as the parameter is. */
  Map<String, Tensor> total() {
    Map<String, Tensor> total = new LinkedHashMap<>(complete);
    Set<Long> seen = new HashSet<>();
    sums.forEach(
        (name, sum) -> {
          boolean own = seen.add(sum.data_ptr().address());
          total.put(name, !own ? sum.clone() : sum.contiguous());
        });
    return total;
  }

  /** All tensors that went in or were made here. */
  Collection<Tensor> parts() {
    List<Tensor> parts = new ArrayList<>(complete.values());
    parts.addAll(sums.values());
    parts.addAll(apart);
    return parts;
  }
}
