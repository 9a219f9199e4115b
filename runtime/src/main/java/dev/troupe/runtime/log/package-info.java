/**
 * What a run shows and writes.
 *
 * <p>{@link dev.troupe.runtime.log.RunLog} is what the training loop calls, with {@link
 * dev.troupe.runtime.log.StepMetrics} after each committed step. It draws the progress line on the
 * {@link dev.troupe.runtime.log.Terminal}, logs OpenCLIP's lines, and writes the files of the
 * {@link dev.troupe.runtime.log.RunFolder} while this process holds the folder's lock. {@link
 * dev.troupe.runtime.log.Logging} sets up where log lines go.
 */
package dev.troupe.runtime.log;
