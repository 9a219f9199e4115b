package dev.troupe.nn.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;

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
 * A kept object belongs to the scope around this one, or, where there is none, to the caller, who
 * closes it.
 */
public final class TensorScope implements AutoCloseable {
  private final PointerScope outer = PointerScope.getInnerScope();
  private final PointerScope inner = new PointerScope();
  private final List<Pointer> kept = new ArrayList<>(2);

  /**
   * Lets {@code object} outlive this scope; does no harm to one that would outlive it anyway.
   *
   * @return {@code object}
   * @throws IllegalArgumentException if it is only a reference to a native object that another Java
   *     object owns, as in-place operators return them: {@code x.add_(y)} dies with {@code x}
   */
  public <P extends Pointer> P keep(P object) {
    if (object.referenceCount() < 0) {
      throw new IllegalArgumentException(
          object + " is a reference (expected: an owner; keep what the in-place operator changed)");
    }
    object.retainReference();
    kept.add(object);
    return object;
  }

  @Override
  public void close() {
    inner.close();
    if (outer != null) {
      for (Pointer object : kept) {
        outer.attach(object);
        object.releaseReference();
      }
    }
  }
}
