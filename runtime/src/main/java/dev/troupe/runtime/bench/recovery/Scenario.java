package dev.troupe.runtime.bench.recovery;

import java.io.IOException;
import java.time.Duration;
import java.util.Locale;

/** What happens to a cluster, step by step. */
public enum Scenario {
  /** SIGKILL of any worker, rank 0 included, and its replacement; repeated. */
  KILL {
    @Override
    void run(Chaos chaos, int times) throws IOException, InterruptedException {
      chaos.setCoordinatorApart();
      chaos.grow(3);
      for (int i = 0; i < times; i++) {
        chaos.train(WARM);
        chaos.kill(chaos.anyNode());
        chaos.join();
      }
      chaos.train(WARM);
    }
  },
  /** A worker's process stopped for a while, then continued. */
  FREEZE {
    @Override
    void run(Chaos chaos, int times) throws IOException, InterruptedException {
      chaos.setCoordinatorApart();
      chaos.grow(3);
      chaos.train(WARM);
      chaos.freeze(chaos.anyNode());
      chaos.train(WARM);
    }
  },
  /** SIGTERM of a node and its replacement. */
  DRAIN {
    @Override
    void run(Chaos chaos, int times) throws IOException, InterruptedException {
      chaos.grow(3);
      for (int i = 0; i < Math.min(times, 3); i++) {
        chaos.train(WARM);
        chaos.drain(chaos.anyNode());
        chaos.join();
      }
      chaos.train(WARM);
    }
  },
  /** One worker, then two, five, three, four; the global batch divides by few of these. */
  RESIZE {
    @Override
    public int globalBatchSize() {
      return 250;
    }

    @Override
    void run(Chaos chaos, int times) throws IOException, InterruptedException {
      chaos.grow(1);
      for (int members : new int[] {2, 5, 3, 4}) {
        chaos.train(WARM);
        while (chaos.cluster().nodes().size() < members) {
          chaos.join();
        }
        while (chaos.cluster().nodes().size() > members) {
          chaos.drain(chaos.anyNode());
        }
      }
      chaos.train(WARM);
    }
  },
  /** SIGKILL of a coordinator that has no worker, then of a worker. */
  COORDINATOR {
    @Override
    void run(Chaos chaos, int times) throws IOException, InterruptedException {
      ClusterNode alone =
          chaos.cluster().start("--roles", "coordinator", "--workers-per-node", "0");
      chaos
          .cluster()
          .await(
              "the coordinator", Duration.ofMinutes(1), () -> chaos.cluster().status().isPresent());
      for (int i = 0; i < 3; i++) {
        chaos.cluster().start();
      }
      chaos.cluster().awaitMembers(3, Duration.ofMinutes(3));
      chaos.train(WARM);
      long at = System.currentTimeMillis();
      chaos.kill(alone);
      chaos.status();
      double failover = (System.currentTimeMillis() - at) / 1e3;
      chaos.train(WARM);
      double pause = chaos.longestPause(at);
      chaos.note("coordinator_failover_seconds", failover);
      chaos.note("longest_pause_seconds", pause);
      chaos.kill(chaos.anyNode());
      chaos.train(WARM);
    }
  },
  /** SIGKILL of the process that is the coordinator and trains too. */
  BOTH {
    @Override
    void run(Chaos chaos, int times) throws IOException, InterruptedException {
      chaos.grow(3);
      chaos.train(WARM);
      chaos.kill(chaos.coordinator());
      chaos.train(WARM);
    }
  },
  /** A host cut off from two others for a while. */
  PARTITION {
    @Override
    Hosts hosts() throws IOException, InterruptedException {
      return Namespaces.create(3);
    }

    @Override
    void run(Chaos chaos, int times) throws IOException, InterruptedException {
      chaos.grow(3);
      chaos.train(WARM);
      chaos.cutOff(chaos.anyNode());
      chaos.train(WARM);
    }
  };

  /** Steps before and between faults, so that step times are known and kernels are warm. */
  private static final long WARM = 12;

  /** Samples a step, unless told otherwise. */
  public int globalBatchSize() {
    return 48;
  }

  /**
   * Where the nodes live; closed after the scenario.
   *
   * @throws IOException if this process may not make such hosts
   */
  Hosts hosts() throws IOException, InterruptedException {
    return Hosts.LOOPBACK;
  }

  abstract void run(Chaos chaos, int times) throws IOException, InterruptedException;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
