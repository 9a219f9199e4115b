package dev.troupe.nn.model.tower.trunk;

import dev.troupe.nn.core.Layer;
import org.bytedeco.pytorch.Tensor;

/** The part of an image tower that OpenCLIP takes from timm: from pixels to one vector a sample. */
public abstract class Trunk extends Layer {
  /**
   * Encodes images.
   *
   * @param images_BCHW normalised pixels
   * @return features, B×{@link #outputs}
   */
  public abstract Tensor forward(Tensor images_BCHW);

  /** The number of features of a sample. */
  public abstract long outputs();
}
