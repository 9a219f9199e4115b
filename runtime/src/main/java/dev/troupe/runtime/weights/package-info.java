/**
 * Finds the weights that {@code --pretrained} names, wherever they are: on this machine, behind an
 * address, under a name of the local registry, or among the weights that OpenCLIP knows by tag.
 *
 * <p>{@link dev.troupe.runtime.weights.Pretrained} turns a name into a local file or folder and
 * what belongs to it; {@link dev.troupe.runtime.weights.WeightsCache} fetches what is not here yet.
 * Reading the files is {@link dev.troupe.nn.weights}' part.
 */
package dev.troupe.runtime.weights;
