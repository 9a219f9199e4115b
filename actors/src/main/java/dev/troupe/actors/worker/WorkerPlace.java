package dev.troupe.actors.worker;

/**
 * Where a worker lives.
 *
 * @param name {@code HOST:PORT/INDEX}
 * @param address its node, {@code HOST:PORT}
 * @param nodeName the name under which failures of its node are counted
 */
public record WorkerPlace(String name, String address, String nodeName) {}
