package dev.troupe.nn.model.tower.trunk;

import org.bytedeco.pytorch.Tensor;

/** A convolutional trunk, which can give its last grid to a pooling outside of it. */
public abstract class GridTrunk extends Trunk {
  /**
   * Encodes images without pooling and classifier.
   *
   * @param images_BCHW normalised pixels
   * @return B×C×h×w
   */
  public abstract Tensor grid(Tensor images_BCHW);

  /** Rows (columns) of the grid of images of a height (width) in pixels. */
  public abstract long places(long pixels);

  /** The side of the grid at the image size of timm's first weights ({@code pool_size}). */
  public abstract long poolSize();
}
