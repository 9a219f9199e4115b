package dev.troupe.actors.protocol;

/** What a node understands: {@link NodeMessage} and what it tells itself. */
public interface NodeCommand {}
