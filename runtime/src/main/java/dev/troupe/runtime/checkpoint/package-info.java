/**
 * Checkpoints on disk: a folder a step, {@code checkpoints/step-00000290/}, holding {@code
 * model.safetensors}, {@code optimizer.safetensors}, {@code state.json} and {@code manifest.json}.
 *
 * <p>A checkpoint is written into a hidden folder, its manifest of sizes and SHA-256 sums last, and
 * committed by one rename, so that a crash at any moment leaves the ones before it loadable. Start
 * at {@link dev.troupe.runtime.checkpoint.CheckpointFolder}.
 */
package dev.troupe.runtime.checkpoint;
