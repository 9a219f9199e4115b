package dev.troupe.actors;

/**
 * Answer to a command that acts on a run.
 *
 * @param done whether it was done
 * @param text one sentence for the user: what was done, or why not and what to do
 */
public record Answer(boolean done, String text) implements CborSerializable {}
