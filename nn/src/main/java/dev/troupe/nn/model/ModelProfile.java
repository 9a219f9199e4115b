package dev.troupe.nn.model;

import dev.troupe.nn.core.Allocation;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.core.Macs;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * The size and cost of a model, found without giving memory to its weights.
 *
 * <p>FLOPs are counted as in OpenCLIP's {@code docs/model_profile.csv}: two for each
 * multiply-accumulate of linear maps, convolutions and attention, for one image and one text of
 * full length, forward, of the whole published computation (Troupe leaves out parts of it that
 * change nothing).
 *
 * @param name the configuration's name
 * @param family of the image tower, {@code ViT}
 * @param text of the text tower, {@code CLIP}
 * @param imageHeight pixels
 * @param imageWidth pixels
 * @param embedDim values of a feature
 * @param width of the image tower ({@link ImageTower#width})
 * @param imageParameters of the image tower; 0 without support, as all other figures
 * @param textParameters of the text tower
 * @param parameters of the whole model
 * @param imageGflops for an image
 * @param textGflops for a text
 * @param gflops for both, with CoCa's decoder
 * @param unsupported why the model cannot be used, or null if it can
 */
public record ModelProfile(
    String name,
    String family,
    String text,
    int imageHeight,
    int imageWidth,
    int embedDim,
    long width,
    long imageParameters,
    long textParameters,
    long parameters,
    double imageGflops,
    double textGflops,
    double gflops,
    String unsupported) {

  /** Measures a configuration. */
  public static ModelProfile of(ModelConfig config) {
    try (TensorScope scope = new TensorScope();
        NoGradGuard guard = new NoGradGuard();
        ClipModel model = Allocation.on("meta", () -> ClipModels.create(config))) {
      return measure(config, model);
    } catch (UnsupportedModelException e) {
      return new ModelProfile(
          config.name(),
          Families.image(config),
          Families.text(config),
          config.vision().imageHeight(),
          config.vision().imageWidth(),
          config.embedDim(),
          0,
          0,
          0,
          0,
          0,
          0,
          0,
          e.reason());
    }
  }

  /** Whether the model can be used. */
  public boolean supported() {
    return unsupported == null;
  }

  private static ModelProfile measure(ModelConfig config, ClipModel model) {
    model.train(false);
    VisionConfig vision = config.vision();
    Tensor images = meta(torch.ScalarType.Float, 1, 3, vision.imageHeight(), vision.imageWidth());
    Tensor tokens = meta(torch.ScalarType.Long, 1, config.text().contextLength());
    double image = gflops(Macs.of(() -> model.encodeImage(images)));
    double text = gflops(Macs.of(() -> model.encodeText(tokens)));
    double all =
        model instanceof CoCaModel
            ? gflops(Macs.of(() -> ((CoCaModel) model).forward(images, tokens)))
            : image + text;
    return new ModelProfile(
        config.name(),
        Families.image(config),
        Families.text(config),
        vision.imageHeight(),
        vision.imageWidth(),
        config.embedDim(),
        model.imageTower().width(),
        count(model.imageTower()),
        count(model.textTower()),
        count(model),
        image,
        text,
        all,
        null);
  }

  private static double gflops(long multiplyAccumulates) {
    return 2e-9 * multiplyAccumulates;
  }

  private static long count(Layer layer) {
    return layer.parameters().values().stream().mapToLong(Tensor::numel).sum();
  }

  private static Tensor meta(torch.ScalarType type, long... shape) {
    TensorOptions options =
        new TensorOptions()
            .dtype(new ScalarTypeOptional(type))
            .device(new DeviceOptional(new Device("meta")));
    return torch.empty(shape, options, new MemoryFormatOptional());
  }
}
