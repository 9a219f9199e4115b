package dev.troupe.actors.coordinator;

import static dev.troupe.actors.RunStatus.State.RECOVERING;

import dev.troupe.actors.protocol.CoordinatorMessage.MayCommit;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Whether this coordinator may decide: while it sees the majority of the nodes, and not at once
 * after its own process stood still. Guards new generations and commits.
 */
final class Authority {
  private static final long STOOD_STILL_MILLIS = 3000;

  private final Run run;
  private long tickNanos = System.nanoTime();
  private long trustedAgainNanos = System.nanoTime();

  Authority(Run run) {
    this.run = run;
  }

  /** To be called with each tick of the coordinator's clock. */
  void tick() {
    long paused = Elapsed.millisSince(tickNanos);
    tickNanos = System.nanoTime();
    if (paused > STOOD_STILL_MILLIS) {
      // Much may have happened meanwhile, a successor included: listen before deciding anything.
      Run.log.warn("this process stood still for {}", Elapsed.seconds(paused));
      trustedAgainNanos = tickNanos + TimeUnit.MILLISECONDS.toNanos(STOOD_STILL_MILLIS);
    }
  }

  boolean isHeld() {
    return System.nanoTime() - trustedAgainNanos >= 0 && run.nodes.holdMajority();
  }

  /**
   * Whether what was made in a generation may be committed: by who was a member then and still is.
   *
   * @return empty if this coordinator cannot tell: the worker asks again
   */
  Optional<Boolean> verdict(MayCommit ask) {
    if (run.is(RECOVERING) || !isHeld()) {
      return Optional.empty();
    }
    Member member = run.roster.get(ask.worker());
    return Optional.of(
        member != null
            && member.since > 0
            && member.since <= ask.generation()
            && ask.generation() <= run.team().generation);
  }
}
