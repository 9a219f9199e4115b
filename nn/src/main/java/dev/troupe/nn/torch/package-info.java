/**
 * The ground under everything that touches libtorch: loading its native libraries, thread budgets,
 * devices, scopes for native memory, and operators that only the dispatcher knows.
 *
 * <h2>Starting points</h2>
 *
 * <ul>
 *   <li>{@link dev.troupe.nn.torch.Torch#load()} before any tensor is made
 *   <li>{@link dev.troupe.nn.torch.TensorScope} around every piece of work that makes tensors
 * </ul>
 */
package dev.troupe.nn.torch;
