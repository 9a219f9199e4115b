package dev.troupe.nn.core;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * The temporaries of one block of computation: all native objects made inside are freed at the end,
 * except the tensors that were {@linkplain #keep kept}, which then belong to the enclosing scope.
 *
 * <p>Freeing early matters in the middle of a forward pass: the values that autograd did not save
 * give their memory back while the next layer runs.
 */
public final class Scope implements AutoCloseable {
  private final PointerScope outer = PointerScope.getInnerScope();
  private final PointerScope inner = new PointerScope();
  private final List<Tensor> kept = new ArrayList<>(1);

  /** Hands a tensor to the enclosing scope when this one closes. */
  public Tensor keep(Tensor tensor) {
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
