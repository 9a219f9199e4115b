package dev.troupe.nn.collective;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Forms a Gloo group of two threads of this process and uses it once, so that the first real group
 * does not wait for libraries and classes to load.
 */
public final class Rehearsal {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private Rehearsal() {}

  /**
   * Runs it.
   *
   * @param host this machine's address for the tensors
   */
  public static void run(String host) throws CollectiveException {
    try (Rendezvous rendezvous = Rendezvous.host(host, 0)) {
      CompletableFuture<Void> other =
          CompletableFuture.runAsync(
              () -> {
                try {
                  rank(1, rendezvous, host);
                } catch (CollectiveException e) {
                  throw new CompletionException(e);
                }
              },
              work -> {
                Thread thread = new Thread(work, "rehearsal");
                thread.setDaemon(true);
                thread.start();
              });
      rank(0, rendezvous, host);
      other.join();
    }
  }

  private static void rank(int rank, Rendezvous rendezvous, String host)
      throws CollectiveException {
    GroupSpec spec = new GroupSpec("cpu", 0, rank, 2, rendezvous.address(), host, PATIENCE);
    try (Collectives group = Collectives.join(spec)) {
      group.allGather(rank);
      group.barrier();
    }
  }
}
