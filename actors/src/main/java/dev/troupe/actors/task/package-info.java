/**
 * What a worker does natively, as the actors see it. {@code runtime} implements {@link
 * dev.troupe.actors.task.WorkerTask} over libtorch and the data streams; the actors call it on one
 * thread per worker and never block themselves.
 *
 * <p>Start at {@link dev.troupe.actors.task.WorkerTask}; its life is {@code warmUp → join → step …
 * → join → step … → close}, where each {@code join} begins a generation.
 */
package dev.troupe.actors.task;
