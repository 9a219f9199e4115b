/**
 * The building blocks of models over libtorch tensors: a {@link dev.troupe.nn.core.Layer} is a
 * named tree of parameters, and the primitives here (Linear, LayerNorm, attention, …) are its
 * leaves.
 *
 * <p>Every {@code forward} that makes temporaries opens a {@link dev.troupe.nn.torch.TensorScope},
 * so that only its result outlives the call; what autograd needs, autograd keeps. First weights
 * come from {@link dev.troupe.nn.core.Init}.
 *
 * <p>Start with {@code Layer}, then {@code Linear}, the shortest layer.
 */
package dev.troupe.nn.core;
