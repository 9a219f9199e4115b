package dev.troupe.runtime.bench.scale;

/**
 * What one phase cost the coordinator.
 *
 * @param workers simulated workers at the beginning
 * @param name what happened
 * @param seconds from its begin until the group had committed its next step; of the steady state,
 *     its length
 * @param regroupMillis from when the coordinator learned of it until it sent out the next
 *     generation; NaN if there was none
 * @param joinMillis from then until it knew that all members had joined; NaN likewise
 * @param generations that it took
 * @param messages of workers that the coordinator handled meanwhile
 * @param messagesPerSecond the same by time
 * @param cpuSeconds processor time of the coordinator's process meanwhile
 * @param cpuShare the same by time: 1 is one core
 * @param heapMiB the coordinator's heap after a garbage collection, at the end
 * @param residentMiB resident memory of the coordinator's process, at the end
 */
public record ScalePhase(
    int workers,
    String name,
    double seconds,
    double regroupMillis,
    double joinMillis,
    long generations,
    long messages,
    double messagesPerSecond,
    double cpuSeconds,
    double cpuShare,
    double heapMiB,
    double residentMiB) {}
