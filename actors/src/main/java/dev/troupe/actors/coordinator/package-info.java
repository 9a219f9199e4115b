/**
 * The coordinator: who trains together, since when, and what happens next. One actor in the
 * cluster, a singleton on nodes of role {@code coordinator}.
 *
 * <p>{@link dev.troupe.actors.coordinator.Coordinator} hears messages, writes into the {@link
 * dev.troupe.actors.coordinator.Roster} what they say of a worker, and has one method per state
 * that decides whether to move on. The roster keeps sets of workers by {@link
 * dev.troupe.actors.coordinator.Trait}, so that neither depends on the number of workers. What is
 * shared is in {@link dev.troupe.actors.coordinator.Run}.
 *
 * <p>Parts of the actor, one duty each: {@link dev.troupe.actors.coordinator.Takeover} (a new
 * coordinator learns what runs), {@link dev.troupe.actors.coordinator.Doorkeeper} (who comes in and
 * goes), {@link dev.troupe.actors.coordinator.Formation} (the next generation), {@link
 * dev.troupe.actors.coordinator.Steering} (what the running one is asked for), {@link
 * dev.troupe.actors.coordinator.Losses}, {@link dev.troupe.actors.coordinator.HangWatch} and {@link
 * dev.troupe.actors.coordinator.RollCall} (what goes wrong), {@link
 * dev.troupe.actors.coordinator.Authority} (whether it may decide at all), {@link
 * dev.troupe.actors.coordinator.Checkpoints}, {@link dev.troupe.actors.coordinator.Commands},
 * {@link dev.troupe.actors.coordinator.Ending}.
 *
 * <p>Pure decisions: {@link dev.troupe.actors.coordinator.Lineup} (who is in the next generation),
 * {@link dev.troupe.actors.coordinator.Inquiry} (who hangs), {@link
 * dev.troupe.actors.coordinator.Electorate} (does this side hold the majority), {@link
 * dev.troupe.actors.coordinator.Admission}, {@link dev.troupe.actors.coordinator.Quarantine},
 * {@link dev.troupe.actors.coordinator.Poison}, {@link dev.troupe.actors.coordinator.Incidents}.
 * Nothing is kept on disk: a new coordinator learns all it needs from the workers.
 */
package dev.troupe.actors.coordinator;
