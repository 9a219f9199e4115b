/**
 * Contrastive losses as one stage of a step: the features of the whole global batch come in as leaf
 * tensors, the local rows' part of the loss goes out, and its gradients are summed over the ranks.
 *
 * <p>{@link dev.troupe.nn.loss.ContrastiveLoss} is the contract; {@link
 * dev.troupe.nn.loss.ClipLoss} and {@link dev.troupe.nn.loss.SigLipLoss} implement it.
 */
package dev.troupe.nn.loss;
