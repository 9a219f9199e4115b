/**
 * Benchmarks that need several processes: collectives, and recovery from faults.
 *
 * <p>Those of a single part of the project live beside it ({@code dev.troupe.nn.train}, {@code
 * dev.troupe.data.stream}).
 */
package dev.troupe.runtime.bench;
