/**
 * The training step of a CLIP model over a process group: encode, gather, loss, backward, reduce,
 * commit. Its gradients are those of the whole global batch on one device, whatever the split over
 * ranks and micro-batches.
 *
 * <p>{@link dev.troupe.nn.train.ClipTrainer} owns a rank's model, optimizer and count of committed
 * steps. {@link dev.troupe.nn.train.StepInput} goes in, {@link dev.troupe.nn.train.StepOutcome}
 * comes out. {@link dev.troupe.nn.train.ClipTrainer#join} evens out the state after a change of the
 * group.
 */
package dev.troupe.nn.train;
