package dev.troupe.nn.train;

import dev.troupe.nn.core.Conv2d;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.LayerNorm;
import dev.troupe.nn.core.Linear;
import dev.troupe.nn.core.MultiheadAttention;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.torch.TensorScope;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Moves a model's weights to their device and type, in place. */
public final class WeightCast {
  private static final List<String> PRODUCTS =
      List.of("visual.proj", "visual.conv1.weight", "text_projection", "text.text_projection");

  private WeightCast() {}

  /** What the precision leaves in 32 bits keeps its type. */
  public static void apply(ClipModel model, Device device, Precision precision) {
    Set<String> cast = precision.weights() == null ? Set.of() : names(model, precision);
    try (TensorScope scope = new TensorScope()) {
      for (Map.Entry<String, Tensor> entry : model.state().entrySet()) {
        Tensor tensor = entry.getValue();
        boolean casts = cast.contains(entry.getKey()) && tensor.is_floating_point();
        ScalarType type = casts ? precision.weights() : tensor.scalar_type().intern();
        if (type != tensor.scalar_type().intern() || !tensor.device().equals(device)) {
          tensor.__dispatch_set_data(tensor.detach().to(device, type));
        }
      }
    }
  }

  /**
   * What OpenCLIP casts: everything if pure; else the weights of products, or, in a model with a
   * tower from timm, everything but the norms of OpenCLIP's own towers.
   */
  private static Set<String> names(ClipModel model, Precision precision) {
    if (precision.pure()) {
      return model.state().keySet();
    }
    boolean timm = model.config().json().path("vision_cfg").has("timm_model_name");
    Set<String> names = new HashSet<>(timm ? model.state().keySet() : PRODUCTS);
    model.visit(
        (prefix, layer) -> {
          if (timm && layer instanceof LayerNorm && !prefix.startsWith("visual.trunk.")) {
            layer.state().keySet().forEach(name -> names.remove(prefix + name));
          } else if (!timm && makesProducts(layer)) {
            layer.state().keySet().forEach(name -> names.add(prefix + name));
          }
        });
    return names;
  }

  private static boolean makesProducts(Layer layer) {
    return layer instanceof Linear
        || layer instanceof Conv2d
        || layer instanceof MultiheadAttention;
  }
}
