/**
 * A cluster on one machine for tests: real nodes, real sockets between the ranks, and a task whose
 * steps sleep instead of computing. Only the arithmetic is left out.
 *
 * <p>{@link dev.troupe.actors.local.LocalCluster} builds one in this process; {@link
 * dev.troupe.actors.local.NodeProcess} runs a node in a process of its own, which can be killed and
 * stopped. {@link dev.troupe.actors.local.Faults} says what goes wrong, and when.
 */
package dev.troupe.actors.local;
