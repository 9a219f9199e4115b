/**
 * A training run: {@link dev.troupe.runtime.train.Training} starts it, {@link
 * dev.troupe.runtime.train.ClipWorkerTask} is a worker's native side, {@link
 * dev.troupe.runtime.train.RunRecorder} writes its log and checkpoints on rank 0.
 */
package dev.troupe.runtime.train;
