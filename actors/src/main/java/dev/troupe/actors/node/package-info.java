/**
 * This process in the cluster: its actor system, its membership, and the evidence by which it tells
 * a dead process from one that cannot be reached.
 *
 * <p>{@link dev.troupe.actors.node.NodeRunner} starts actor systems, one after the other if the
 * node is cut off; {@link dev.troupe.actors.node.Node} is the actor on top of each.
 */
package dev.troupe.actors.node;
