package dev.troupe.actors.task;

import java.time.Duration;

/**
 * A worker's place in one generation of the process group.
 *
 * @param generation number of the generation, growing through the run
 * @param rank this worker's rank
 * @param worldSize number of ranks
 * @param rendezvous {@code HOST:PORT} of the store that rank 0 hosts
 * @param newcomer whether this worker's own state does not count: it takes the group's, even if it
 *     believes to be ahead. At least one rank is no newcomer
 * @param timeout how long a collective may wait for the others before the group counts as broken;
 *     generous, since the coordinator finds hung ranks sooner
 */
public record Group(
    long generation,
    int rank,
    int worldSize,
    String rendezvous,
    boolean newcomer,
    Duration timeout) {}
