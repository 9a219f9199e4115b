/**
 * The elastic cluster: who trains together, and what happens when somebody leaves, hangs or comes.
 *
 * <h2>Starting points</h2>
 *
 * <ul>
 *   <li>{@link dev.troupe.actors.TrainingCluster} starts this process's node, {@link
 *       dev.troupe.actors.RunClient} acts on a run from outside.
 *   <li>{@link dev.troupe.actors.task.WorkerTask} is the native work that a worker drives.
 *   <li>docs/protocol.md has the states and the messages.
 * </ul>
 *
 * <p>Settings live in this module's {@code reference.conf}, one record per section.
 */
package dev.troupe.actors;
