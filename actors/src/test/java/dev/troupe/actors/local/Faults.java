package dev.troupe.actors.local;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** What goes wrong in a cluster's tasks, by worker and step. Faults happen once. */
public final class Faults {
  private final Map<String, String> fail = new ConcurrentHashMap<>();
  private final Map<String, CountDownLatch> hang = new ConcurrentHashMap<>();
  private final Set<String> notFinite = ConcurrentHashMap.newKeySet();
  private final Set<String> alwaysBroken = ConcurrentHashMap.newKeySet();

  /** The worker's task fails at this step by its own fault. */
  public void failAt(String worker, long step, String message) {
    fail.put(worker + "@" + step, message);
  }

  /** The worker hangs in this step, busy and without progress, until let go. */
  public CountDownLatch hangAt(String worker, long step) {
    CountDownLatch release = new CountDownLatch(1);
    hang.put(worker + "@" + step, release);
    return release;
  }

  /** The worker's gradients are not finite at this step. */
  public void notFiniteAt(String worker, long step) {
    notFinite.add(worker + "@" + step);
  }

  /** The worker can join no group. */
  public void neverJoins(String worker) {
    alwaysBroken.add(worker);
  }

  String failure(String worker, long step) {
    return fail.remove(worker + "@" + step);
  }

  CountDownLatch hang(String worker, long step) {
    return hang.remove(worker + "@" + step);
  }

  boolean notFinite(String worker, long step) {
    return notFinite.remove(worker + "@" + step);
  }

  boolean isBroken(String worker) {
    return alwaysBroken.contains(worker);
  }
}
