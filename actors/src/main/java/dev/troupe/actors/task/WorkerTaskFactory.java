package dev.troupe.actors.task;

/**
 * Makes a worker's task; called on that worker's own thread, again after a task failed by its own
 * fault. Heavy work belongs in {@link WorkerTask#warmUp}.
 */
@FunctionalInterface
public interface WorkerTaskFactory {
  WorkerTask create(WorkerContext context);
}
