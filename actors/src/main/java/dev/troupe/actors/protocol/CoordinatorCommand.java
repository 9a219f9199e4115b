package dev.troupe.actors.protocol;

/** What the coordinator understands: {@link CoordinatorMessage} and what it tells itself. */
public interface CoordinatorCommand {}
