package dev.troupe.actors.task;

import java.time.Duration;

/**
 * A worker's place in one generation of the process group.
 *
 * @param generation number of the generation, growing through the run
 * @param rank this worker's rank
 * @param worldSize number of ranks
 * @param rendezvous {@code HOST:PORT} of the store that rank 0 hosts
 * @param timeout how long a collective may wait for the others before the group counts as broken
 */
public record Group(
    long generation, int rank, int worldSize, String rendezvous, Duration timeout) {}
