package dev.troupe.data.image;

/** {@code --image-interpolation}: the kernel of resizing, antialiased as PIL's. */
public enum Interpolation {
  BICUBIC,
  BILINEAR,
  /** Either, drawn for each sample; only timm's training transform draws, else bicubic. */
  RANDOM
}
