package dev.troupe.actors.coordinator;

import dev.troupe.actors.protocol.Exit;

/**
 * What decisions ask of a worker. The {@link Roster} keeps, for each trait, the workers that have
 * it, so that a message costs the same with four workers as with four thousand.
 */
enum Trait {
  /** In the running generation. */
  MEMBER {
    @Override
    boolean holds(Member worker, Team team) {
      return worker.since > 0 && team.has(worker.name);
    }
  },
  /** A member that has not left its group. */
  BUSY {
    @Override
    boolean holds(Member worker, Team team) {
      return MEMBER.holds(worker, team) && worker.idle == null;
    }
  },
  /** A member that has not connected to its group yet. */
  CONNECTING {
    @Override
    boolean holds(Member worker, Team team) {
      return BUSY.holds(worker, team) && !worker.joined;
    }
  },
  /** A member that left its group, whatever for. */
  OUT {
    @Override
    boolean holds(Member worker, Team team) {
      return MEMBER.holds(worker, team) && worker.idle != null;
    }
  },
  /** A member whose group broke. */
  BROKEN {
    @Override
    boolean holds(Member worker, Team team) {
      return OUT.holds(worker, team) && worker.idle.exit() == Exit.BROKEN;
    }
  },
  /** A member that took its checkpoint and stopped. */
  STOPPED {
    @Override
    boolean holds(Member worker, Team team) {
      return OUT.holds(worker, team) && worker.idle.exit() == Exit.STOPPED;
    }
  },
  /** A member that saw the run's last step. */
  FINISHED {
    @Override
    boolean holds(Member worker, Team team) {
      return OUT.holds(worker, team) && worker.idle.exit() == Exit.FINISHED;
    }
  },
  /** Could be in the next generation. */
  READY {
    @Override
    boolean holds(Member worker, Team team) {
      return worker.isReady();
    }
  },
  /** Could be in the next generation and wants to. */
  WILLING {
    @Override
    boolean holds(Member worker, Team team) {
      return worker.isReady() && !worker.leaves();
    }
  },
  /** Could be in the next generation, wants to, and is not in the running one. */
  NEWCOMER {
    @Override
    boolean holds(Member worker, Team team) {
      return WILLING.holds(worker, team) && !MEMBER.holds(worker, team);
    }
  },
  /** Not ready yet. */
  COMING {
    @Override
    boolean holds(Member worker, Team team) {
      return worker.idle == null && !worker.leaves();
    }
  },
  /** Wants to leave or is to be left out, and is still here. */
  LEAVER {
    @Override
    boolean holds(Member worker, Team team) {
      return worker.leaves() && !worker.released && !worker.closed;
    }
  },
  /** Neither leaves nor has closed. */
  STAYING {
    @Override
    boolean holds(Member worker, Team team) {
      return !worker.leaves() && !worker.closed;
    }
  },
  /** Holds the run's state and stays. */
  KEEPER {
    @Override
    boolean holds(Member worker, Team team) {
      return worker.holdsState() && !worker.leaves();
    }
  },
  /** Found to fit the run. */
  VETTED {
    @Override
    boolean holds(Member worker, Team team) {
      return worker.vetted;
    }
  },
  /** Has said what it is, but was not compared with the run yet. */
  UNVETTED {
    @Override
    boolean holds(Member worker, Team team) {
      return !worker.vetted && !worker.card.facts().isEmpty();
    }
  },
  /** Has not closed its task. */
  OPEN {
    @Override
    boolean holds(Member worker, Team team) {
      return !worker.closed;
    }
  };

  abstract boolean holds(Member worker, Team team);
}
