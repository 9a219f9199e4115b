package dev.troupe.nn.model.tower.eva;

import dev.troupe.nn.core.Activation;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/**
 * EVA-02's MLP: fc2(norm(silu(gate(x)) · fc1(x))) (Shazeer 2020, with a norm before the last map);
 * state {@code fc1_g, fc1_x, norm, fc2}.
 */
final class SwiGlu extends Layer {
  private final Linear gate;
  private final Linear first;
  private final LayerNorm norm;
  private final Linear last;

  SwiGlu(EvaSpec spec) {
    long hidden = spec.hidden();
    this.gate = child("fc1_g", new Linear(spec.width(), hidden));
    this.first = child("fc1_x", new Linear(spec.width(), hidden));
    this.norm = child("norm", new LayerNorm(hidden, spec.eps()));
    this.last = child("fc2", new Linear(hidden, spec.width()));
  }

  /** Maps …×width to …×width. */
  Tensor forward(Tensor x) {
    try (TensorScope scope = new TensorScope()) {
      Tensor hidden = Activation.SILU.apply(gate.forward(x)).mul(first.forward(x));
      return scope.keep(last.forward(norm.forward(hidden)));
    }
  }

  Linear last() {
    return last;
  }
}
