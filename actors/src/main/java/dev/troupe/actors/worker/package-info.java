/**
 * One worker: an actor that follows the coordinator, and a thread of its own on which the native
 * work runs.
 *
 * <p>{@link dev.troupe.actors.worker.Worker} has the states; {@link
 * dev.troupe.actors.worker.WorkerSlot} owns thread and task and outlives the actor, so that a node
 * that was cut off comes back with its warm task; {@link dev.troupe.actors.worker.TrainingLoop} is
 * what runs on the thread for one generation. The actor never blocks, and no step waits for the
 * actor.
 */
package dev.troupe.actors.worker;
