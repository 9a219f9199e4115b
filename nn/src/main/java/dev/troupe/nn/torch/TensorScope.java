package dev.troupe.nn.torch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.Pointer;
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
   * @return {@code object}, or, if it is a reference to a tensor that another Java object owns (in
   *     place operators return such: {@code x.add_(y)} dies with {@code x}), a second owner
   */
  @SuppressWarnings("unchecked")
  public <P extends Pointer> P keep(P object) {
    boolean reference = object instanceof Tensor && object.referenceCount() < 0;
    P owner = reference ? (P) new Tensor((Tensor) object) : object;
    owner.retainReference();
    kept.add(owner);
    return owner;
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
