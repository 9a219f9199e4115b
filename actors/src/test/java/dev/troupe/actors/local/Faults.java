package dev.troupe.actors.local;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** What goes wrong in a cluster's tasks, by worker. */
public final class Faults {
  private final Map<String, String> fail = new ConcurrentHashMap<>();
  private final Map<String, CountDownLatch> hang = new ConcurrentHashMap<>();
  private final Set<String> notFinite = ConcurrentHashMap.newKeySet();
  private final Set<String> joined = ConcurrentHashMap.newKeySet();
  private final Set<String> joinsNone = ConcurrentHashMap.newKeySet();

  /** The worker's task fails in its next step by its own fault. */
  public void failSoon(String worker, String message) {
    fail.put(worker, message);
  }

  /** The worker hangs in its next step, busy and without progress, until let go. */
  public CountDownLatch hangSoon(String worker) {
    CountDownLatch release = new CountDownLatch(1);
    hang.put(worker, release);
    return release;
  }

  /** The worker's gradients are not finite any more. */
  public void notFiniteFromNowOn(String worker) {
    notFinite.add(worker);
  }

  /** The worker can join no group; {@code *}: all that have joined none until now. */
  public void neverJoins(String worker) {
    joinsNone.add(worker);
  }

  String failure(String worker) {
    return fail.remove(worker);
  }

  CountDownLatch hang(String worker) {
    return hang.remove(worker);
  }

  boolean notFinite(String worker) {
    return notFinite.contains(worker);
  }

  boolean joinsNone(String worker) {
    boolean broken =
        joinsNone.contains(worker) || (joinsNone.contains("*") && !joined.contains(worker));
    if (!broken) {
      joined.add(worker);
    }
    return broken;
  }
}
