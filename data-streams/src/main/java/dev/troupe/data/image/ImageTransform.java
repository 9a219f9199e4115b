package dev.troupe.data.image;

import dev.troupe.data.sample.BadSampleException;
import java.nio.ByteBuffer;

/** Turns an encoded image into the pixels of one sample. Called by many threads at once. */
public interface ImageTransform {
  /**
   * Decodes, crops, resizes and augments one image.
   *
   * @param encoded the file's bytes: JPEG, PNG or WebP
   * @param sampleSeed seed of all random choices, drawn from (seed, epoch, sample): the same at any
   *     world size and on any thread; ignored where the transform makes none
   * @param target_HWC direct buffer with {@code size·size·3} bytes remaining, which all are written
   *     (uint8, RGB); its position need not be kept
   * @throws BadSampleException if the image cannot be used; the target's content is then undefined
   */
  void apply(byte[] encoded, long sampleSeed, ByteBuffer target_HWC) throws BadSampleException;

  /** Height and width of the result, in pixels. */
  int size();
}
