package dev.troupe.actors.worker;

import dev.troupe.actors.protocol.CoordinatorCommand;
import dev.troupe.actors.protocol.CoordinatorMessage.MayCommit;
import dev.troupe.actors.protocol.CoordinatorMessage.Verdict;
import dev.troupe.actors.task.Activity;
import dev.troupe.actors.task.CommitGate;
import dev.troupe.actors.task.WorkerContext;
import dev.troupe.actors.task.WorkerTask;
import dev.troupe.actors.task.WorkerTaskFactory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker's native side: one thread and the task on it. It belongs to the process, not to an actor
 * system: when this node is cut off and starts its actor system anew, the warm task stays.
 */
public final class WorkerSlot implements CommitGate {
  private static final Logger log = LoggerFactory.getLogger(WorkerSlot.class);
  private static final Duration ASK_AGAIN = Duration.ofMillis(200);
  private static final Duration ANSWER = Duration.ofSeconds(2);

  /**
   * Whom to ask before a commit.
   *
   * @param memberSince first generation of the worker's unbroken membership; {@link Long#MAX_VALUE}
   *     while it is no member
   */
  record Link(
      ActorSystem<?> system,
      ActorRef<CoordinatorCommand> coordinator,
      String worker,
      long memberSince) {}

  private final int index;
  private final int workersOnNode;
  private final WorkerTaskFactory factory;
  private final Duration commitPatience;
  private final ExecutorService thread;
  private volatile WorkerTask task;
  private volatile Link link;
  private volatile boolean closing;
  private Map<String, String> facts;

  public WorkerSlot(
      int index, int workersOnNode, WorkerTaskFactory factory, Duration commitPatience) {
    this.index = index;
    this.workersOnNode = workersOnNode;
    this.factory = factory;
    this.commitPatience = commitPatience;
    this.thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread made = new Thread(work, "worker-" + index);
              made.setDaemon(true);
              return made;
            });
  }

  public int index() {
    return index;
  }

  /** Runs on the native thread, after what was asked of it before. */
  <T> CompletableFuture<T> run(Callable<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    thread.execute(
        () -> {
          try {
            result.complete(work.call());
          } catch (Throwable e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  /** Makes the task if there is none and warms it up, once. On the native thread. */
  Map<String, String> warmUp(String workerName) {
    if (task == null) {
      WorkerTask made = factory.create(new WorkerContext(index, workersOnNode, workerName, this));
      task = made;
      facts = Map.copyOf(made.warmUp());
    }
    return facts;
  }

  /** The task; null before {@link #warmUp} and after {@link #discard}. */
  WorkerTask task() {
    return task;
  }

  /** Breaks what the native thread waits for. Any thread. */
  public void abort() {
    WorkerTask running = task;
    if (running != null) {
      running.abort();
    }
  }

  Activity activity() {
    WorkerTask running = task;
    return running == null ? Activity.IDLE : running.activity();
  }

  long progress() {
    WorkerTask running = task;
    return running == null ? 0 : running.progress();
  }

  /** Closes the task and forgets it. On the native thread. */
  Void discard() {
    WorkerTask old = task;
    task = null;
    if (old != null) {
      old.close();
    }
    return null;
  }

  void link(Link link) {
    this.link = link;
  }

  @Override
  public boolean mayCommit(long generation) {
    long deadline = System.nanoTime() + commitPatience.toNanos();
    while (System.nanoTime() < deadline && !closing) {
      Link asked = link;
      if (asked != null && generation < asked.memberSince()) {
        return false;
      }
      if (asked != null && asked.coordinator() != null) {
        Boolean answer = ask(asked, generation);
        if (answer != null) {
          return answer;
        }
      }
      try {
        Thread.sleep(ASK_AGAIN.toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    log.warn("worker {}: no coordinator allowed to commit generation {}", index, generation);
    return false;
  }

  private static Boolean ask(Link link, long generation) {
    try {
      return AskPattern.<CoordinatorCommand, Verdict>ask(
              link.coordinator(),
              replyTo -> new MayCommit(link.worker(), generation, replyTo),
              ANSWER,
              link.system().scheduler())
          .toCompletableFuture()
          .get()
          .yes();
    } catch (ExecutionException | CompletionException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Ends thread and task; waits for them as long as is given. */
  public void close(Duration patience) {
    abort();
    CompletableFuture<Void> closed = run(this::discard);
    thread.shutdown();
    try {
      closed.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      closing = true;
      log.warn("worker {}: its native work did not end within {} s", index, patience.toSeconds());
    } catch (ExecutionException e) {
      log.warn("worker {}: closing its task failed", index, e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    closing = true;
  }
}
