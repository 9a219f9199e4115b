package dev.troupe.actors.task;

/**
 * What a task may know of its place.
 *
 * @param index the worker's number on its node, from 0
 * @param workersOnNode number of workers on this node, for thread budgets and devices
 * @param name the worker's name in the cluster, {@code HOST:PORT/INDEX}
 * @param gate asked before a checkpoint is committed
 */
public record WorkerContext(int index, int workersOnNode, String name, CommitGate gate) {}
