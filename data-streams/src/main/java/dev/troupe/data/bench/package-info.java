/**
 * Timing the input pipeline: {@link dev.troupe.data.bench.DataBenchmark}, on any data set or on
 * generated ones ({@link dev.troupe.data.bench.SceneShards}).
 */
package dev.troupe.data.bench;
