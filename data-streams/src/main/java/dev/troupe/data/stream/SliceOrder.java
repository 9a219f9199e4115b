package dev.troupe.data.stream;

/** The slices of one stream by number. */
@FunctionalInterface
interface SliceOrder {
  /** The i-th slice of the stream, from 0; null after the last. */
  PlannedSlice at(long i);
}
