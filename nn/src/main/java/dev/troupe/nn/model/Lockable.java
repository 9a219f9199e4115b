package dev.troupe.nn.model;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** A tower whose parameters can be excluded from training, all or from the input side on. */
public interface Lockable {
  /** The tower's parameters by name. */
  Map<String, Tensor> parameters();

  /**
   * Prefixes of parameter names, one group for each step of {@link #lock}, from the input to the
   * output. Empty if the tower can only be locked as a whole.
   */
  List<List<String>> lockGroups();

  /** Only names that begin so are ever locked: {@code trunk.} where a head stays trainable. */
  default String lockedPrefix() {
    return "";
  }

  /**
   * Excludes parameters from training ({@code --lock-image}, {@code --lock-text}).
   *
   * @param unlockedGroups how many groups at the output side stay trainable ({@code
   *     --lock-image-unlocked-groups}, {@code --lock-text-unlocked-layers})
   */
  default void lock(int unlockedGroups) {
    List<List<String>> groups = lockGroups();
    if (unlockedGroups > 0 && groups.isEmpty()) {
      throw new IllegalArgumentException(
          "unlocked groups: "
              + unlockedGroups
              + " (expected: 0; "
              + getClass().getSimpleName()
              + " can only be locked as a whole)");
    }
    List<List<String>> open =
        groups.subList(Math.max(0, groups.size() - unlockedGroups), groups.size());
    parameters()
        .forEach(
            (name, tensor) -> {
              boolean trained =
                  !name.startsWith(lockedPrefix())
                      || open.stream().anyMatch(g -> g.stream().anyMatch(name::startsWith));
              if (!trained) {
                tensor.requires_grad_(false);
              }
            });
  }
}
