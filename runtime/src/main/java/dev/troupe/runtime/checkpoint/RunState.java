package dev.troupe.runtime.checkpoint;

import java.util.Map;

/**
 * Where a run stood when a checkpoint was taken ({@code state.json}).
 *
 * @param step committed steps
 * @param epoch completed epochs
 * @param samples position in the plan: samples of all epochs trained so far
 * @param dutiesDone completed epochs whose evaluation and checkpoint are done
 * @param generation the generation that took the checkpoint
 * @param settings what a resumed run must share with this one, by name
 */
public record RunState(
    long step,
    int epoch,
    long samples,
    int dutiesDone,
    long generation,
    Map<String, String> settings) {}
