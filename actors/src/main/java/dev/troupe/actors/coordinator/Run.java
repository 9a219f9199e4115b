package dev.troupe.actors.coordinator;

import dev.troupe.actors.LivenessSettings;
import dev.troupe.actors.RunResult;
import dev.troupe.actors.RunStatus.State;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the coordinator holds of its run; shared by the parts that decide about it, all of which run
 * in the coordinator's actor.
 */
final class Run {
  static final Logger log = LoggerFactory.getLogger(Coordinator.class);

  final CoordinatorSettings settings;
  final LivenessSettings liveness;
  final Nodes nodes;
  final Roster roster = new Roster();
  final Admission admission = new Admission();
  final Incidents incidents = new Incidents();
  final Quarantine quarantine;
  final Poison poison;
  final Reports reports;

  private State state = State.RECOVERING;
  private long stateNanos = System.nanoTime();
  private String note = "";
  private Team team = Team.none();

  /** Grows with each coordinator; workers refuse orders of an older one. */
  long term = 1;

  /** Steps committed, as far as was heard. */
  long steps;

  long lastCommitMillis;

  /** Generations in a row that committed nothing. */
  int barrenGenerations;

  /** Why the run was asked to stop; null if it was not. */
  String stopReason;

  /** Messages of workers that were handled. */
  long messages;

  /** How it ended; null while it goes on. */
  RunResult over;

  Run(CoordinatorSettings settings, Nodes nodes) {
    this.settings = settings;
    this.liveness = settings.liveness();
    this.nodes = nodes;
    this.quarantine = new Quarantine(settings.quarantine());
    this.reports = new Reports(liveness.reportInterval().toMillis());
    this.poison = new Poison(settings.quarantine());
  }

  State state() {
    return state;
  }

  boolean is(State wanted) {
    return state == wanted;
  }

  /** Why it is in this state, for people; empty if there is nothing to explain. */
  String note() {
    return note;
  }

  void enter(State next, String why) {
    if (next != state) {
      state = next;
      stateNanos = System.nanoTime();
    }
    note = why;
  }

  long millisInState() {
    return Elapsed.millisSince(stateNanos);
  }

  /** The running generation, or the last one. */
  Team team() {
    return team;
  }

  void follow(Team next) {
    team = next;
    roster.follow(next);
  }

  /** A member of the running generation became known after the coordinator did. */
  void seat(int rank, Member member) {
    team.set(rank, member.name);
    roster.recount(member);
  }

  /** Somebody says that so many steps are committed. */
  void committed(long heard) {
    if (heard > steps) {
      steps = heard;
      lastCommitMillis = System.currentTimeMillis();
    }
    poison.committed(heard);
    if (!team.committed && team.startSteps >= 0 && heard > team.startSteps) {
      team.committed = true;
      barrenGenerations = 0;
      if (state == State.TRAINING) {
        incidents.committed(System.currentTimeMillis());
      }
    }
  }
}
