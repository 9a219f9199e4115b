package dev.troupe.nn.collective;

import dev.troupe.nn.torch.Torch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.bytedeco.javacpp.PointerScope;

/** Runs the ranks of a real Gloo group as threads of the test's process. */
public final class Ranks {
  public static final String HOST = "127.0.0.1";
  private static long generation;

  private Ranks() {}

  /** What a rank does; its native objects are freed when it returns. */
  public interface Body<T> {
    T run(Collectives group) throws Exception;
  }

  /** What a rank does before it has a group. */
  public interface Start<T> {
    T run(GroupSpec spec) throws Exception;
  }

  /** Forms a group of {@code worldSize} and runs {@code body} on each rank. */
  public static <T> List<T> run(int worldSize, Body<T> body) throws Exception {
    return run(worldSize, Duration.ofSeconds(30), body);
  }

  public static <T> List<T> run(int worldSize, Duration timeout, Body<T> body) throws Exception {
    return start(
        worldSize,
        timeout,
        spec -> {
          try (Collectives group = Collectives.join(spec)) {
            return body.run(group);
          }
        });
  }

  /** Runs {@code start} on {@code worldSize} threads, with the places of one group. */
  public static <T> List<T> start(int worldSize, Duration timeout, Start<T> start)
      throws Exception {
    Torch.load();
    ThreadFactory daemons =
        task -> {
          Thread thread = new Thread(task, "rank");
          thread.setDaemon(true);
          return thread;
        };
    ExecutorService threads = Executors.newFixedThreadPool(worldSize, daemons);
    try (Rendezvous rendezvous = Rendezvous.host(HOST, 0)) {
      long number = ++generation;
      List<Future<T>> running = new ArrayList<>();
      for (int r = 0; r < worldSize; r++) {
        GroupSpec spec =
            new GroupSpec("cpu", number, r, worldSize, rendezvous.address(), HOST, timeout);
        running.add(
            threads.submit(
                () -> {
                  Torch.threads(1);
                  try (PointerScope scope = new PointerScope()) {
                    return start.run(spec);
                  }
                }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> rank : running) {
        results.add(result(rank));
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }

  private static <T> T result(Future<T> rank) throws Exception {
    try {
      return rank.get(120, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw e;
    } catch (TimeoutException e) {
      throw new AssertionError("a rank hangs", e);
    }
  }
}
