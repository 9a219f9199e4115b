package dev.troupe.nn.weights;

import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.VisionConfig;
import dev.troupe.nn.torch.TensorScope;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * Loads what others trained into a model.
 *
 * <p>Names and shapes are compared before anything is copied, so that a model is either loaded as a
 * whole or left as it was. Tensors are then copied one by one from the mapped file into the model's
 * own parameters, wherever these are and whatever their precision is: there is never a second copy
 * of the weights in memory.
 */
public final class Weights {
  private static final String IMAGE_POSITIONS = "visual.positional_embedding";

  private Weights() {}

  /**
   * Loads a file or folder of any supported format into a model.
   *
   * @throws WeightsException if the file is damaged or does not fit the model: the message groups
   *     the missing, unexpected and misshaped names and says which configuration would fit
   */
  public static LoadReport load(Path path, ClipModel model, LoadOptions options) {
    try (WeightsFile file = WeightsFiles.open(path)) {
      return load(file, model, options);
    }
  }

  /** Loads an open file into a model. */
  public static LoadReport load(WeightsFile file, ClipModel model, LoadOptions options) {
    Map<String, Tensor> target = model.state();
    Layouts.Result source = Layouts.toOpenClip(StoredTensor.of(file), model.config(), target);
    return new Fit(file, model, target, source, options).load();
  }

  /** The comparison of one file with one model. */
  private static final class Fit {
    private final WeightsFile file;
    private final ClipModel model;
    private final Map<String, Tensor> target;
    private final Layouts.Result source;
    private final LoadOptions options;
    private final Map<String, StoredTensor> plan = new LinkedHashMap<>();
    private final List<String> resized = new ArrayList<>();
    private final List<String> defaulted = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();
    private final List<String> unexpected = new ArrayList<>();
    private final List<String> misshaped = new ArrayList<>();
    private final List<String> shapes = new ArrayList<>();

    Fit(
        WeightsFile file,
        ClipModel model,
        Map<String, Tensor> target,
        Layouts.Result source,
        LoadOptions options) {
      this.file = file;
      this.model = model;
      this.target = target;
      this.source = source;
      this.options = options;
    }

    LoadReport load() {
      target.forEach(this::match);
      for (String name : source.state().keySet()) {
        if (!target.containsKey(name)) {
          unexpected.add(name);
        }
      }
      boolean fits = missing.isEmpty() && unexpected.isEmpty() && misshaped.isEmpty();
      if (!fits && (options.strict() || plan.isEmpty())) {
        throw mismatch();
      }
      try (NoGradGuard guard = new NoGradGuard()) {
        plan.forEach(this::copy);
        for (String name : defaulted) {
          target.get(name).zero_();
        }
      }
      return new LoadReport(
          file.path(),
          plan.size(),
          source.layout(),
          resized,
          defaulted,
          missing,
          unexpected,
          misshaped,
          file.metadata());
    }

    private void match(String name, Tensor parameter) {
      StoredTensor stored = source.state().get(name);
      long[] shape = Safetensors.shape(parameter);
      if (stored == null) {
        (name.equals("logit_bias") ? defaulted : missing).add(name);
      } else if (stored.hasShape(shape)) {
        plan.put(name, stored);
      } else if (stored.elements() == 1 && parameter.numel() == 1) {
        plan.put(name, stored.reshape(shape)); // logit_scale: a scalar here, a vector there
      } else {
        StoredTensor stretched = options.resizePositions() ? stretch(name, stored, shape) : null;
        if (stretched != null) {
          resized.add(name);
          plan.put(name, stretched);
        } else {
          misshaped.add(name);
          shapes.add(
              name
                  + " "
                  + Arrays.toString(stored.shape())
                  + " (expected: "
                  + Arrays.toString(shape)
                  + ")");
        }
      }
    }

    /** Position embeddings of another size, fitted; null where that can't be done. */
    private StoredTensor stretch(String name, StoredTensor stored, long[] shape) {
      if (stored.shape().length != 2 || shape.length != 2 || stored.shape()[1] != shape[1]) {
        return null;
      }
      VisionConfig vision = model.config().vision();
      if (name.equals(IMAGE_POSITIONS) && vision.timm() == null && !vision.isResNet()) {
        long height = vision.imageHeight() / vision.patchSize();
        long width = vision.imageWidth() / vision.patchSize();
        boolean square = PositionEmbeddings.squareSide(stored.shape()[0] - 1) > 0;
        return square && shape[0] == height * width + 1
            ? stored.map(shape, t -> PositionEmbeddings.resizeImage(t, height, width))
            : null;
      }
      if (name.equals("positional_embedding") || name.equals("text.positional_embedding")) {
        return stored.map(shape, t -> PositionEmbeddings.resizeText(t, shape[0]));
      }
      return null;
    }

    private void copy(String name, StoredTensor stored) {
      try (TensorScope scope = new TensorScope()) {
        target.get(name).copy_(stored.read().get());
      }
    }

    private WeightsException mismatch() {
      List<String> parts = new ArrayList<>();
      part(parts, "missing", missing, NameGroups.describe(missing));
      part(parts, "unexpected", unexpected, NameGroups.describe(unexpected));
      part(
          parts,
          "misshaped",
          misshaped,
          shapes.size() > 3
              ? NameGroups.describe(misshaped) + ", for example " + shapes.get(0)
              : String.join(", ", shapes));
      String suggestion = FittingConfig.suggest(source.state());
      return new WeightsException(
          file.path()
              + " does not fit the model "
              + model.config().name()
              + ":\n  "
              + String.join("\n  ", parts)
              + (suggestion.isEmpty() ? "" : "\n  " + suggestion));
    }

    private static void part(
        List<String> parts, String what, List<String> names, String description) {
      if (!names.isEmpty()) {
        parts.add(names.size() + " " + what + ": " + description);
      }
    }
  }
}
