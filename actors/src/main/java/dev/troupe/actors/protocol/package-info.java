/**
 * The messages of the control plane. Each of {@link dev.troupe.actors.protocol.CoordinatorMessage},
 * {@link dev.troupe.actors.protocol.WorkerMessage} and {@link
 * dev.troupe.actors.protocol.NodeMessage} lists what crosses nodes towards one kind of actor; what
 * an actor tells itself is private to it. docs/protocol.md has the states between which they lead.
 *
 * <p>Nothing here is sent for every step. Messages may be lost when a connection breaks: whoever
 * waits for an answer restates its own state from time to time, so that a lost message costs a
 * moment and nothing else.
 */
package dev.troupe.actors.protocol;
