/**
 * Recovery from faults, measured: {@link dev.troupe.runtime.bench.recovery.RecoveryBenchmark} runs
 * a {@link dev.troupe.runtime.bench.recovery.LocalCluster} of real processes, lets a {@link
 * dev.troupe.runtime.bench.recovery.Scenario} kill, stop, drain and start some of them, and
 * compares what was committed with a run in which nothing happened.
 *
 * <p>Nothing is taken from the processes' own word where it can be seen from outside: commits are
 * watched in the run's files ({@link dev.troupe.runtime.bench.recovery.CommitWatch}), deaths by the
 * operating system. Only the phases of a recovery come from the coordinator.
 */
package dev.troupe.runtime.bench.recovery;
