package dev.troupe.nn.torch;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * The owner of the native memory of a piece of work: every tensor (and other native object) that
 * this thread makes while the scope is open is freed when it closes, except those that are kept.
 *
 * <pre>{@code
 * Tensor result;
 * try (TensorScope scope = new TensorScope()) {
 *   Tensor hidden = input.matmul(weight);
 *   result = scope.keep(hidden.relu());
 * }
 * }</pre>
 *
 * A kept tensor belongs to the scope around this one, or, where there is none, to the caller, who
 * closes it.
 */
public final class TensorScope implements AutoCloseable {
  private final PointerScope outer = PointerScope.getInnerScope();
  private final PointerScope scope = new PointerScope();

  /**
   * Lets {@code tensor} outlive this scope. It must have been made inside this scope.
   *
   * @return {@code tensor}
   */
  public Tensor keep(Tensor tensor) {
    scope.detach(tensor);
    if (outer != null) {
      outer.attach(tensor);
    }
    return tensor;
  }

  @Override
  public void close() {
    scope.close();
  }
}
