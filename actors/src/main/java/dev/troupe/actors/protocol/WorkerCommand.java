package dev.troupe.actors.protocol;

/** What a worker understands: {@link WorkerMessage} and what it tells itself. */
public interface WorkerCommand {}
