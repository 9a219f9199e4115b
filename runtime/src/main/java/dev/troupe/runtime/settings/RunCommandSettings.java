package dev.troupe.runtime.settings;

import dev.troupe.runtime.settings.ClusterSettings.Transport;

/** What commands that act on a run can be told. */
public record RunCommandSettings(ConnectionSettings connection) implements Checked {
  @Override
  public void check(Problems problems) {
    if (connection.transport() == Transport.TLS_TCP && connection.tlsDir().isEmpty()) {
      problems.missing("tls-dir", "a folder of certificates, for transport tls-tcp");
    }
    if (!connection.seedNodes().isEmpty() && connection.name().isEmpty()) {
      problems.missing("name", "the run's name, with seed-nodes");
    }
  }
}
