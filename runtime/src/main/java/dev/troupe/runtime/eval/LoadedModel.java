package dev.troupe.runtime.eval;

import dev.troupe.data.image.Preprocess;
import dev.troupe.data.text.Tokenizer;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ClipModels;
import dev.troupe.nn.torch.Torch;
import dev.troupe.nn.train.Precision;
import dev.troupe.nn.train.WeightCast;
import dev.troupe.runtime.settings.DeviceSettings;
import dev.troupe.runtime.settings.ImageSettings;
import dev.troupe.runtime.settings.ModelSettings;
import dev.troupe.runtime.settings.StorageSettings;
import dev.troupe.runtime.wiring.ChosenModel;
import dev.troupe.runtime.wiring.Devices;
import dev.troupe.runtime.wiring.Preprocessing;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;

/** A model with its weights, ready for inference, and what its inputs look like. Owns the model. */
public final class LoadedModel implements AutoCloseable {
  private final ClipModel model;
  private final Preprocess preprocess;
  private final Supplier<Tokenizer> tokenizer;
  private final Encoder encoder;

  private LoadedModel(
      ClipModel model, Preprocess preprocess, Supplier<Tokenizer> tokenizer, Encoder encoder) {
    this.model = model;
    this.preprocess = preprocess;
    this.tokenizer = tokenizer;
    this.encoder = encoder;
  }

  /**
   * Builds a model and loads its weights.
   *
   * @throws IllegalArgumentException without {@code --pretrained}
   */
  public static LoadedModel open(
      ModelSettings settings, ImageSettings image, StorageSettings storage, DeviceSettings device) {
    Torch.load();
    Torch.threads(device.threads().orElse(Runtime.getRuntime().availableProcessors()));
    ChosenModel chosen = ChosenModel.of(settings, storage, false);
    if (chosen.weights().isEmpty()) {
      throw new IllegalArgumentException(
          "pretrained: none (expected: a weights file, a checkpoint's folder or a tag)");
    }
    Preprocess preprocess = Preprocessing.of(chosen.config(), image, chosen.weights());
    String name = Devices.of(device.device(), 0);
    Precision precision = Devices.precision(device.precision(), name);
    ClipModel model = ClipModels.create(chosen.config());
    try {
      chosen.load(model);
      model.train(false);
      Device on = Torch.device(name);
      WeightCast.apply(model, on, precision);
      return new LoadedModel(
          model, preprocess, chosen::newTokenizer, new Encoder(model, on, precision, preprocess));
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  public ClipModel model() {
    return model;
  }

  public Preprocess preprocess() {
    return preprocess;
  }

  /** The model's tokenizer; needed for texts only, since some models' must be fetched first. */
  public Tokenizer tokenizer() {
    return tokenizer.get();
  }

  public Encoder encoder() {
    return encoder;
  }

  @Override
  public void close() {
    encoder.close();
    model.close();
  }
}
