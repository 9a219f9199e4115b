package dev.troupe.data.text;

import java.nio.IntBuffer;

/** Turns a caption into token ids. Called by many threads at once. */
public interface Tokenizer {
  /** L, the number of ids a caption is cut or padded to. */
  int contextLength();

  /**
   * Encodes one caption; any string has an encoding, the empty one too.
   *
   * @param text the caption as it stands in the data set
   * @param target_L buffer with {@link #contextLength} ints remaining, which all are written,
   *     padding included; its position need not be kept
   * @param sampleSeed seed of the random choices of reduction masks, see {@link
   *     dev.troupe.data.image.ImageTransform#apply}
   * @return number of tokens, start and end included
   */
  int encode(String text, IntBuffer target_L, long sampleSeed);
}
