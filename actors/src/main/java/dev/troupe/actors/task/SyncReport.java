package dev.troupe.actors.task;

/**
 * What came of joining a generation.
 *
 * @param committedSteps committed steps of the group
 * @param connectSeconds until the process group stood
 * @param transferSeconds spent on agreeing and on sending or receiving state after that
 * @param transferBytes bytes of state that this rank sent or received; 0 if all were equal
 */
public record SyncReport(
    long committedSteps, double connectSeconds, double transferSeconds, long transferBytes) {}
