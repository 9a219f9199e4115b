package dev.troupe.actors.local;

import dev.troupe.actors.task.Activity;
import dev.troupe.actors.task.Group;
import dev.troupe.actors.task.GroupFailure;
import dev.troupe.actors.task.RunFailure;
import dev.troupe.actors.task.StepReport;
import dev.troupe.actors.task.SyncReport;
import dev.troupe.actors.task.Wish;
import dev.troupe.actors.task.WorkerContext;
import dev.troupe.actors.task.WorkerTask;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * A worker's task whose steps sleep. Its state is a number that each committed step changes, so
 * that a step lost, doubled or committed by only part of the group shows at the end. Rank 0 writes
 * the ledger, one line per committed step, and checkpoints.
 */
final class SleepyTask implements WorkerTask {

  /** What a run of sleepy tasks is like. */
  record Plan(Path folder, long steps, Duration step, Map<String, String> facts, Faults faults) {}

  private final Plan plan;
  private final WorkerContext context;
  private final StarGroup.Sockets sockets = new StarGroup.Sockets();
  private volatile Activity activity = Activity.IDLE;
  private volatile long progress;
  private volatile CountDownLatch hanging;
  private ServerSocket server;
  private StarGroup star;
  private Group group;
  private long committed;
  private long weights = 1;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile boolean killed;

  SleepyTask(Plan plan, WorkerContext context) {
    this.plan = plan;
    this.context = context;
  }

  /** What the weights of a run without failures are after so many steps. */
  static long weightsAfter(long steps) {
    long weights = 1;
    for (long step = 0; step < steps; step++) {
      weights = weights * 31 + step;
    }
    return weights;
  }

  @Override
  public Map<String, String> warmUp() {
    return plan.facts();
  }

  @Override
  public long committedSteps() {
    return committed;
  }

  @Override
  public long restore() {
    Path file = plan.folder().resolve("checkpoint");
    if (Files.exists(file)) {
      try {
        String[] parts = Files.readString(file).strip().split(" ");
        committed = Long.parseLong(parts[0]);
        weights = Long.parseLong(parts[1]);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return committed;
  }

  @Override
  public String openRendezvous() {
    try {
      if (server != null) {
        server.close();
      }
      server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
      return "127.0.0.1:" + server.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public SyncReport join(Group joined) throws GroupFailure {
    try {
      return tryToJoin(joined);
    } catch (GroupFailure e) {
      silentIfKilled();
      throw e;
    }
  }

  /** A process that was killed says nothing of what failed. */
  private void silentIfKilled() {
    try {
      if (killed) {
        closed.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private SyncReport tryToJoin(Group joined) throws GroupFailure {
    sockets.reopen();
    if (killed) {
      sockets.close();
    }
    activity = Activity.SYNCING;
    long start = System.nanoTime();
    if (plan.faults().joinsNone(context.name())) {
      throw new GroupFailure(context.name() + " reaches nobody", null);
    }
    star = StarGroup.form(joined, server, sockets);
    long connected = System.nanoTime();
    long[][] all = star.exchange(joined.newcomer() ? -1 : committed, weights);
    long[] best = all[0];
    for (long[] row : all) {
      best = row[0] > best[0] ? row : best;
    }
    committed = best[0];
    weights = best[1];
    group = joined;
    fillLedger();
    activity = Activity.IDLE;
    return new SyncReport(
        committed, (connected - start) / 1e9, (System.nanoTime() - connected) / 1e9, 16);
  }

  @Override
  public StepReport step(Wish wish) throws GroupFailure {
    if (committed >= plan.steps()) {
      return new StepReport(committed, false, Wish.NONE, true, 0, 0, 0, 0, true);
    }
    long start = System.nanoTime();
    long step = committed;
    activity = Activity.COMPUTING;
    work();
    boolean finite = !plan.faults().notFinite(context.name());
    activity = Activity.WAITING;
    long waiting = System.nanoTime();
    long[][] votes = vote(wish.ordinal(), finite ? 1 : 0);
    double waited = (System.nanoTime() - waiting) / 1e9;
    activity = Activity.IDLE;
    Wish strongest = Wish.NONE;
    boolean commit = true;
    for (long[] vote : votes) {
      strongest = vote[0] > strongest.ordinal() ? Wish.values()[(int) vote[0]] : strongest;
      commit &= vote[1] == 1;
    }
    if (commit) {
      committed++;
      weights = weights * 31 + step;
      writeLedger(step);
    }
    boolean finished = committed >= plan.steps();
    return new StepReport(
        step,
        commit,
        strongest,
        finished,
        1.0 / (step + 1),
        (System.nanoTime() - start) / 1e9,
        0,
        waited,
        finite);
  }

  private long[][] vote(long... mine) throws GroupFailure {
    try {
      return star.exchange(mine);
    } catch (GroupFailure e) {
      silentIfKilled();
      throw e;
    }
  }

  private void work() throws GroupFailure {
    String failure = plan.faults().failure(context.name());
    if (failure != null) {
      if (failure.startsWith("run:")) {
        throw new RunFailure(failure.substring(4));
      }
      throw new IllegalStateException(failure);
    }
    try {
      CountDownLatch release = plan.faults().hang(context.name());
      if (release != null) {
        hanging = release;
        release.await();
      }
      for (long slept = 0; slept < plan.step().toMillis(); slept += 5) {
        Thread.sleep(5);
        progress++;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A rank 0 that dies right after a commit leaves its line to the next. */
  private void fillLedger() {
    if (group.rank() == 0) {
      List<String[]> lines = new Ledger(plan.folder()).steps();
      long logged = lines.isEmpty() ? -1 : Long.parseLong(lines.get(lines.size() - 1)[0]);
      for (long step = logged + 1; step < committed; step++) {
        writeLedger(step);
      }
    }
  }

  private void writeLedger(long step) {
    if (group.rank() == 0) {
      append("ledger", step + " " + group.generation() + " " + group.worldSize() + "\n");
    }
  }

  @Override
  public void checkpoint(String reason) {
    if (group.rank() == 0 && context.gate().mayCommit(group.generation())) {
      try {
        Files.writeString(plan.folder().resolve("checkpoint"), committed + " " + weights);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      append("checkpoints", committed + " " + group.generation() + " " + reason + "\n");
    }
  }

  private void append(String file, String line) {
    try {
      Files.writeString(
          plan.folder().resolve(file), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Breaks all connections for good, as the end of the process would. */
  void kill() {
    killed = true;
    sockets.close();
    CountDownLatch release = hanging;
    if (release != null) {
      release.countDown();
    }
  }

  /** Lets a killed task's thread go once its process can no longer say anything. */
  void bury() {
    closed.countDown();
  }

  @Override
  public void abort() {
    sockets.close();
  }

  @Override
  public long progress() {
    return progress;
  }

  @Override
  public Activity activity() {
    return activity;
  }

  @Override
  public void close() {
    abort();
    if (group != null && !killed) {
      append("final", context.name() + " " + committed + " " + weights + "\n");
    }
    try {
      if (server != null) {
        server.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
