package dev.troupe.nn.torch;

import java.util.ArrayList;
import java.util.List;
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
  private final PointerScope inner = new PointerScope();
  private final List<Tensor> kept = new ArrayList<>(1);

  /**
   * Lets {@code tensor} outlive this scope; does no harm to one that would outlive it anyway.
   *
   * @return {@code tensor}
   */
  public Tensor keep(Tensor tensor) {
    // PointerScope.detach releases a reference, and with it a tensor that nobody else holds.
    tensor.retainReference();
    kept.add(tensor);
    return tensor;
  }

  @Override
  public void close() {
    inner.close();
    if (outer != null) {
      for (Tensor tensor : kept) {
        outer.attach(tensor);
        tensor.releaseReference();
      }
    }
  }
}
