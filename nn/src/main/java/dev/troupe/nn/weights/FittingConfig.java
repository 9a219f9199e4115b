package dev.troupe.nn.weights;

import dev.troupe.nn.core.Allocation;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ClipModels;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.model.ModelConfigs;
import dev.troupe.nn.model.UnsupportedModelException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Finds the built-in configurations that weights would fit, by names and shapes. */
final class FittingConfig {
  /** A model that shares fewer of its tensors with the file is no help to name. */
  private static final double NEAR = 0.9;

  private FittingConfig() {}

  /**
   * A sentence that names the configurations whose tensors are those of {@code state}, or else the
   * nearest; empty if none is near.
   */
  static String suggest(Map<String, StoredTensor> state) {
    Map<String, long[]> wanted = new HashMap<>();
    state.forEach((name, tensor) -> wanted.put(withoutPrefix(name), tensor.shape()));
    List<String> exact = new ArrayList<>();
    String nearest = null;
    double best = NEAR;
    for (String name : ModelConfigs.names()) {
      double share = share(wanted, name);
      if (share == 1) {
        exact.add(name);
      } else if (share > best) {
        best = share;
        nearest = name;
      }
    }
    if (!exact.isEmpty()) {
      return "the file fits --model " + String.join(" or ", exact);
    }
    return nearest == null
        ? ""
        : String.format("the nearest is --model %s (%.0f%% of tensors fit)", nearest, 100 * best);
  }

  /** Tensors that agree in name and shape, as a share of all that either side has. */
  private static double share(Map<String, long[]> wanted, String name) {
    Map<String, long[]> shapes;
    try {
      shapes = shapes(ModelConfigs.load(name));
    } catch (UnsupportedModelException e) {
      return 0;
    }
    long common =
        shapes.entrySet().stream()
            .filter(
                entry ->
                    wanted.containsKey(entry.getKey())
                        && sameShape(wanted.get(entry.getKey()), entry.getValue()))
            .count();
    return (double) common / (shapes.size() + wanted.size() - common);
  }

  private static Map<String, long[]> shapes(ModelConfig config) {
    try (ClipModel model = Allocation.on("meta", () -> ClipModels.create(config))) {
      Map<String, long[]> shapes = new HashMap<>();
      model
          .state()
          .forEach((name, tensor) -> shapes.put(withoutPrefix(name), Safetensors.shape(tensor)));
      return shapes;
    }
  }

  /** One value is one value, as a scalar or as a vector. */
  private static boolean sameShape(long[] a, long[] b) {
    return java.util.Arrays.equals(a, b)
        || (a.length + b.length == 1 && Shapes.elements(a) * Shapes.elements(b) == 1);
  }

  private static String withoutPrefix(String name) {
    return name.startsWith("text.") ? name.substring("text.".length()) : name;
  }
}
