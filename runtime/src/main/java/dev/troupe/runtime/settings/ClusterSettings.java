package dev.troupe.runtime.settings;

import dev.troupe.runtime.settings.Setting.Kind;
import java.util.List;
import java.util.Optional;

/** How processes find each other and how many workers train. */
@SettingGroup("Cluster")
public record ClusterSettings(
    @Setting(
            value = "Workers in this process, each with its own device or share of the cores.",
            byDefault = "1",
            min = 0,
            label = "N")
        int workersPerNode,
    @Setting(
            value =
                "Nodes to join, the same list everywhere; the first one listed forms the cluster"
                    + " (default: this process alone).",
            label = "HOST:PORT,…")
        List<String> seedNodes,
    @Setting(
            value = "What this node does: coordinator, worker or both.",
            byDefault = "coordinator,worker",
            label = "ROLE,…")
        List<Role> roles,
    @Setting(
            value = "Train only with at least this many workers (default: --workers-per-node).",
            min = 1,
            label = "N")
        Optional<Integer> minWorkers,
    @Setting(value = "Workers beyond this number are warm spares.", min = 1, label = "N")
        Optional<Integer> maxWorkers,
    @Setting(
            value = "Address that the other nodes reach this one by.",
            byDefault = "127.0.0.1",
            label = "HOST")
        String host,
    @Setting(
            value = "Port of the control plane; 0: any free one.",
            byDefault = "0",
            min = 0,
            max = 65535,
            label = "PORT")
        int port,
    @Setting(
            value = "First port of the data plane (one a worker); 0: any free ones.",
            byDefault = "0",
            min = 0,
            max = 65535,
            label = "PORT")
        int dataPort,
    @Setting(value = "Transport of the control plane.", byDefault = "tcp") Transport transport,
    @Setting(
            value = "TLS: folder with ca.pem, node.pem and node.key (see ./troupe certs).",
            label = "DIR",
            kind = Kind.PATH)
        Optional<String> tlsDir,
    @Setting(
            value = "Longest that leaving politely may take.",
            byDefault = "25",
            min = 0,
            label = "SECONDS")
        double drainSeconds) {

  /** What a node does in the cluster. */
  public enum Role {
    COORDINATOR,
    WORKER;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** Transports of Pekko's remoting. */
  public enum Transport {
    TCP,
    TLS_TCP,
    AERON_UDP;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }

  /** Workers that must be there before training starts or goes on. */
  public int leastWorkers() {
    return minWorkers.orElse(Math.max(1, workersPerNode));
  }
}
