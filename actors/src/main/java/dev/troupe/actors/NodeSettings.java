package dev.troupe.actors;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * This process: the section {@code troupe.node} of {@code reference.conf}, where each key is
 * explained.
 */
public record NodeSettings(
    String run,
    String host,
    int port,
    String bindHost,
    int bindPort,
    String name,
    List<String> seedNodes,
    Set<Role> roles,
    int workers,
    Transport transport,
    Optional<Path> tlsDir,
    Optional<Path> runDir,
    Duration drainDeadline,
    Duration joinDeadline) {

  /** The path of the section. */
  public static final String SECTION = "troupe.node";

  /**
   * Reads the section.
   *
   * @param config with {@code reference.conf} beneath, as {@code ConfigFactory.load()} gives
   * @throws IllegalArgumentException naming every value that cannot be
   */
  public static NodeSettings of(Config config) {
    Config node = config.getConfig(SECTION);
    Problems problems = new Problems(SECTION);
    Set<Role> roles = EnumSet.noneOf(Role.class);
    for (String role : node.getStringList("roles")) {
      try {
        roles.add(Role.valueOf(role.toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        problems.add("roles", role, "coordinator or worker");
      }
    }
    Transport transport = Transport.TCP;
    try {
      transport = Transport.of(node.getString("transport"));
    } catch (IllegalArgumentException e) {
      problems.add("transport", node.getString("transport"), "tcp, tls-tcp or aeron-udp");
    }
    NodeSettings settings =
        new NodeSettings(
            node.getString("run"),
            node.getString("host"),
            node.getInt("port"),
            node.getString("bind-host"),
            node.getInt("bind-port"),
            node.getString("name"),
            List.copyOf(node.getStringList("seed-nodes")),
            Set.copyOf(roles),
            node.getInt("workers"),
            transport,
            path(node.getString("tls-dir")),
            path(node.getString("run-dir")),
            node.getDuration("drain-deadline"),
            node.getDuration("join-deadline"));
    settings.check(problems);
    problems.throwIfAny();
    return settings;
  }

  private void check(Problems problems) {
    problems.check(!run.isBlank(), "run", run, "a name");
    problems.check(!host.isBlank(), "host", host, "an address that the other nodes can reach");
    problems.check(port >= 0 && port <= 65535, "port", port, "0-65535");
    problems.check(bindPort >= -1 && bindPort <= 65535, "bind-port", bindPort, "-1-65535");
    problems.check(workers >= 0, "workers", workers, ">= 0");
    problems.check(!roles.isEmpty(), "roles", roles, "coordinator, worker or both");
    problems.check(
        !roles.contains(Role.WORKER) || workers > 0,
        "workers",
        workers,
        ">= 1 on a node of role worker; remove the role for a node that only coordinates");
    for (String seed : seedNodes) {
      problems.check(isHostAndPort(seed), "seed-nodes", seed, "HOST:PORT");
    }
    if (transport == Transport.TLS_TCP) {
      if (tlsDir.isEmpty()) {
        problems.add("tls-dir", "", "a folder with ca.pem, node.pem and node.key");
      } else {
        for (Path file : TlsFiles.in(tlsDir.get()).all()) {
          problems.check(
              java.nio.file.Files.isReadable(file), "tls-dir", file, "a file that can be read");
        }
      }
    }
  }

  private static boolean isHostAndPort(String seed) {
    int colon = seed.lastIndexOf(':');
    if (colon <= 0) {
      return false;
    }
    try {
      int port = Integer.parseInt(seed.substring(colon + 1));
      return port > 0 && port <= 65535;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private static Optional<Path> path(String value) {
    return value.isBlank() ? Optional.empty() : Optional.of(Path.of(value));
  }

  /** All problems of a section, told at once. */
  static final class Problems {
    private final String section;
    private final List<String> found = new ArrayList<>();

    Problems(String section) {
      this.section = section;
    }

    void check(boolean holds, String key, Object value, String expected) {
      if (!holds) {
        add(key, value, expected);
      }
    }

    void add(String key, Object value, String expected) {
      found.add(section + "." + key + ": " + value + " (expected: " + expected + ")");
    }

    void throwIfAny() {
      if (!found.isEmpty()) {
        throw new IllegalArgumentException(String.join("\n", found));
      }
    }
  }
}
