package dev.troupe.data.stream;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * One worker's part of one global batch, ready for the device.
 *
 * <p>Broken samples are left out (and named in {@code skipped.jsonl}), so a slice may hold fewer
 * samples than the plan gives it, or none. Closing a slice hands its buffers back to the pool.
 */
public interface Slice extends AutoCloseable {
  /** The step whose global batch this is a part of, from 0. */
  long step();

  /** Number of usable samples, N. */
  int size();

  /** Samples as {@code SHARD.tar/KEY}, in the order of the global batch. */
  List<String> keys();

  /**
   * Captions as they stand in the data set, in the same order; empty strings where none are read.
   */
  List<String> captions();

  /** Pixels, uint8, N×H×W×3 (RGB), in a direct buffer that stays valid until {@link #close()}. */
  ByteBuffer images_NHWC();

  /** H and W. */
  int imageSize();

  /**
   * Token ids, int32 in native order, N×L, in a direct buffer that stays valid until {@link
   * #close()}.
   */
  ByteBuffer tokens_NL();

  /** L, the context length. */
  int contextLength();

  /** Tokens of the longest caption, start and end included. */
  int longestCaption();

  @Override
  void close();
}
