package dev.troupe.data.image;

/** {@code --image-resize-mode}: how validation brings an image to a square. */
public enum ResizeMode {
  /** The shorter edge to the size, then the centre. */
  SHORTEST,
  /** The longer edge to the size, then bars of the fill colour. */
  LONGEST,
  /** Both edges to the size, whatever the aspect ratio. */
  SQUASH
}
