package dev.troupe.nn.weights;

import java.util.Map;
import java.util.Set;

/** Another project's way to name and shape the tensors of a CLIP model. */
interface Layout {
  /** What messages call it. */
  String name();

  /** Whether a state is laid out so. */
  boolean matches(Map<String, StoredTensor> state);

  /**
   * The state under OpenCLIP's names and in its shapes.
   *
   * @param target the names that the model has
   */
  Map<String, StoredTensor> convert(Map<String, StoredTensor> state, Set<String> target);
}
