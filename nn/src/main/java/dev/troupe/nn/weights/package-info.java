/**
 * Weights in and out: the file formats that CLIP models are exchanged in.
 *
 * <p>Every format is read through {@link dev.troupe.nn.weights.WeightsFile}: names, shapes and
 * types are known from the file's index alone, and a tensor is a view of the mapped file, so that
 * nothing is copied through the heap and a checkpoint larger than the free memory can be loaded
 * tensor by tensor. A file is never trusted: sizes, offsets and types are checked against its
 * length before anything is mapped or allocated, and what does not hold is refused with a {@link
 * dev.troupe.nn.weights.WeightsException} that says why.
 *
 * <h2>Starting points</h2>
 *
 * <ul>
 *   <li>{@link dev.troupe.nn.weights.SafetensorsFile} reads and {@link
 *       dev.troupe.nn.weights.Safetensors} writes the project's own format.
 * </ul>
 */
package dev.troupe.nn.weights;
