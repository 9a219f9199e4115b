package dev.troupe.nn.core;

import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** An elementwise non-linearity. */
@FunctionalInterface
public interface Activation {
  /** GELU with the exact error function (Hendrycks and Gimpel 2016). */
  Activation GELU = torch::gelu;

  /** GELU by its tanh approximation. */
  Activation GELU_TANH = x -> torch.gelu(x, "tanh");

  /** x·σ(x). */
  Activation SILU = torch::silu;

  /** max(x, 0). */
  Activation RELU = x -> x.is_meta() ? x : torch.relu(x);

  /**
   * OpenAI's x·σ(1.702x), computed as silu(1.702x)/1.702: one tensor is saved for the backward pass
   * instead of three.
   */
  Activation QUICK_GELU =
      x -> {
        try (TensorScope scope = new TensorScope()) {
          Tensor y = torch.silu(x.mul(new Scalar(1.702)));
          y.mul_(new Scalar(1 / 1.702));
          return scope.keep(y);
        }
      };

  /** Applies the function to each element. */
  Tensor apply(Tensor x);
}
