package dev.troupe.nn.weights;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Weights between two others of one model (WiSE-FT, Wortsman et al. 2022). */
public final class Interpolation {
  private Interpolation() {}

  /**
   * Writes {@code (1 - alpha) · from + alpha · to} as safetensors, in the types of {@code from}.
   * Whole numbers, such as BatchNorm's counters, are those of {@code from}.
   *
   * @throws WeightsException if the two differ in a name or a shape
   */
  public static Written write(Path from, Path to, double alpha, Path out) {
    try (PointerScope scope = new PointerScope();
        WeightsFile a = WeightsFiles.open(from);
        WeightsFile b = WeightsFiles.open(to)) {
      requireSameNames(a, b);
      Map<String, Tensor> mixed = new LinkedHashMap<>();
      for (String name : a.names()) {
        if (!Arrays.equals(a.shape(name), b.shape(name))) {
          throw new WeightsException(
              "%s: %s in %s, %s in %s (expected: weights of one model)"
                  .formatted(
                      name,
                      Arrays.toString(a.shape(name)),
                      from,
                      Arrays.toString(b.shape(name)),
                      to));
        }
        mixed.put(name, mix(a.tensor(name), b.tensor(name), alpha));
      }
      return Safetensors.write(out, mixed, Map.of("format", "pt"));
    }
  }

  private static Tensor mix(Tensor a, Tensor b, double alpha) {
    if (!a.is_floating_point()) {
      return a;
    }
    return a.to(ScalarType.Double)
        .lerp(b.to(ScalarType.Double), new Scalar(alpha))
        .to(a.scalar_type());
  }

  private static void requireSameNames(WeightsFile a, WeightsFile b) {
    TreeSet<String> only = new TreeSet<>(a.names());
    only.removeAll(b.names());
    TreeSet<String> others = new TreeSet<>(b.names());
    others.removeAll(a.names());
    if (!only.isEmpty() || !others.isEmpty()) {
      WeightsFile holder = only.isEmpty() ? b : a;
      TreeSet<String> names = only.isEmpty() ? others : only;
      throw new WeightsException(
          "%s: only in %s, like %d more (expected: weights of one model)"
              .formatted(names.first(), holder.path(), names.size() - 1));
    }
  }
}
