package dev.troupe.actors.coordinator;

import dev.troupe.actors.protocol.CoordinatorCommand;
import dev.troupe.actors.protocol.WorkerMessage;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Questions to the members of a group that are not idle, in numbered rounds: while a group stands
 * still, and when it regroups. Asked again until they answer; the kernels of those that say nothing
 * are asked whether the process is there.
 */
final class RollCall {
  private static final long ASK_AGAIN_MILLIS = 500;
  private static final long PROBE_AGAIN_MILLIS = 200;

  private final Run run;
  private final Consumer<String> probe;
  private long round;
  private long lastAnswerNanos;
  private long askedNanos;
  private long probedNanos;

  /**
   * @param probe asks a node's kernel, by address; the answer comes as a {@link CoordinatorCommand}
   */
  RollCall(Run run, Consumer<String> probe) {
    this.run = run;
    this.probe = probe;
  }

  long round() {
    return round;
  }

  /** A round in which everybody is asked anew. */
  void begin() {
    round++;
    lastAnswerNanos = System.nanoTime();
    askedNanos = 0;
    probedNanos = 0;
  }

  /** The next round, at the usual pace. */
  void next() {
    round++;
  }

  boolean hasAnswered(Member member) {
    return member.answeredRound >= round;
  }

  /** A member answered, or became idle, which answers too. */
  void answered(Member member, long answeredRound) {
    if (answeredRound > member.answeredRound) {
      member.answeredRound = answeredRound;
      lastAnswerNanos = System.nanoTime();
    }
  }

  /**
   * Whether this member is not waited for any longer. While answers of others still come in, its
   * own may be among those that are yet to be read: thousands come at once.
   */
  boolean givesUpOn(Member member, long nowNanos) {
    long window = run.liveness.answerWindow().toMillis();
    return !hasAnswered(member)
        && Elapsed.millisSince(lastAnswerNanos) >= window
        && member.silentMillis(nowNanos) >= window;
  }

  /** Whether the generation is over: everybody is to abort and become idle. */
  void regroup() {
    ask(new WorkerMessage.Regroup(run.term, run.team().generation, round));
  }

  /** What everybody is doing. */
  void inquire() {
    ask(new WorkerMessage.Probe(run.term, round));
  }

  private void ask(WorkerMessage question) {
    boolean ask =
        Elapsed.millisSince(askedNanos) >= Math.max(ASK_AGAIN_MILLIS, run.team().size() / 4);
    boolean look = Elapsed.millisSince(probedNanos) >= PROBE_AGAIN_MILLIS;
    if (!ask && !look) {
      return;
    }
    List<Member> busy = run.roster.with(Trait.BUSY);
    if (ask) {
      askedNanos = System.nanoTime();
      run.nodes.tell(busy, question);
    }
    if (look) {
      probedNanos = System.nanoTime();
      Set<String> silent = new HashSet<>();
      for (Member member : busy) {
        if (!hasAnswered(member)) {
          silent.add(member.address);
        }
      }
      silent.forEach(probe);
    }
  }
}
