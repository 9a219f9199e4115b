/** Timing the input pipeline: {@link dev.troupe.data.bench.DataBenchmark}. */
package dev.troupe.data.bench;
