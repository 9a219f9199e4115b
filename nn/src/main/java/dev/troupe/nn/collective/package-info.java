/**
 * Collective operations between the ranks of one generation of the process group: c10d's Gloo on
 * CPU and NCCL on CUDA devices, behind libtorch's one {@code Backend} class.
 *
 * <p>Rank 0 hosts a {@link dev.troupe.nn.collective.Rendezvous}; every rank joins it with {@link
 * dev.troupe.nn.collective.Collectives#join}. A group lives as long as its generation: after the
 * first {@link dev.troupe.nn.collective.CollectiveException} it is closed and a new one is formed
 * in the same process.
 */
package dev.troupe.nn.collective;
