package dev.troupe.data.image;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes OpenCLIP's two image transforms ({@code image_transform_v2}). */
public final class ImageTransforms {
  private static final Logger LOG = LoggerFactory.getLogger(ImageTransforms.class);

  private ImageTransforms() {}

  /** The training transform, with scaled JPEG decoding. */
  public static ImageTransform train(Preprocess preprocess, Augmentation augmentation) {
    return train(preprocess, augmentation, DecodeOptions.FAST);
  }

  /** The training transform. Keys of the augmentation without effect are named in a warning. */
  public static ImageTransform train(
      Preprocess preprocess, Augmentation augmentation, DecodeOptions decode) {
    List<String> ignored = augmentation.ignoredKeys();
    if (!ignored.isEmpty()) {
      LOG.warn(
          "aug-cfg: {} without effect {} use_timm=True",
          String.join(", ", ignored),
          augmentation.useTimm() ? "with" : "without");
    }
    return new TrainTransform(preprocess, augmentation, decode);
  }

  /** The validation transform: no random choices, full decoding. */
  public static ImageTransform validation(Preprocess preprocess) {
    return validation(preprocess, DecodeOptions.EXACT);
  }

  /** The validation transform: no random choices. */
  public static ImageTransform validation(Preprocess preprocess, DecodeOptions decode) {
    return new ValidationTransform(preprocess, decode);
  }
}
