/**
 * The optimizer and its schedule: fused {@link dev.troupe.nn.optim.AdamW} with OpenCLIP's groups
 * and defaults, and {@link dev.troupe.nn.optim.LrSchedule}.
 */
package dev.troupe.nn.optim;
