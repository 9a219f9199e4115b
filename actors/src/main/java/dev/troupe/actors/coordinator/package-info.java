/**
 * The coordinator: who trains together, since when, and what happens next. One actor in the
 * cluster, a singleton on nodes of role {@code coordinator}.
 *
 * <p>{@link dev.troupe.actors.coordinator.Coordinator} has one method per state, which looks at the
 * {@link dev.troupe.actors.coordinator.Roster} and decides whether to move on. Pure parts are
 * beside it: {@link dev.troupe.actors.coordinator.Lineup} (who is in the next generation), {@link
 * dev.troupe.actors.coordinator.Electorate} (does this side hold the majority), {@link
 * dev.troupe.actors.coordinator.Quarantine}, {@link dev.troupe.actors.coordinator.Incidents}.
 * Nothing is kept on disk: a new coordinator learns all it needs from the workers.
 */
package dev.troupe.actors.coordinator;
