/**
 * {@code troupe bench scale}: thousands of workers against one real coordinator.
 *
 * <p>Nodes, workers, coordinator and transport are the real ones, in a few processes; only what a
 * worker does natively is left out: a {@link dev.troupe.runtime.bench.scale.SimulatedTask} neither
 * computes nor exchanges tensors, but joins, steps, votes and breaks with its group through the
 * {@link dev.troupe.runtime.bench.scale.Switchboard} of the benchmark's own process.
 */
package dev.troupe.runtime.bench.scale;
