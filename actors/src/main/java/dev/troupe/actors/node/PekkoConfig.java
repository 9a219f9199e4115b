package dev.troupe.actors.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import dev.troupe.actors.NodeSettings;
import dev.troupe.actors.Role;
import dev.troupe.actors.TlsFiles;
import dev.troupe.actors.Transport;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** Pekko's settings for one actor system of this process. */
public final class PekkoConfig {
  private static final String CONTROL = "pekko.remote.artery.";
  private static final String ROTATING_KEYS =
      "org.apache.pekko.remote.artery.tcp.ssl.RotatingKeysSSLEngineProvider";

  private PekkoConfig() {}

  /** For a node that joins the cluster; {@code port} 0 takes a free one. */
  public static Config forNode(Config config, NodeSettings node, int port) {
    Map<String, Object> values = transport(node, port);
    values.put("pekko.actor.provider", "cluster");
    values.put(
        "pekko.cluster.roles",
        node.roles().stream().map(Role::roleName).collect(Collectors.toList()));
    return layered(config, values);
  }

  /** For a process that talks to nodes without being one. */
  public static Config forClient(Config config, NodeSettings node) {
    Map<String, Object> values = transport(node, 0);
    values.put("pekko.actor.provider", "remote");
    return layered(config, values);
  }

  /**
   * Name of the actor systems of a run. Pekko drops what is addressed to another name, so that a
   * node that joins by mistake another run's nodes finds nobody.
   */
  public static String systemName(NodeSettings node) {
    return "troupe-" + node.run().replaceAll("[^a-zA-Z0-9-]", "-");
  }

  private static Map<String, Object> transport(NodeSettings node, int port) {
    Map<String, Object> values = new HashMap<>();
    values.put(CONTROL + "transport", node.transport().settingName());
    values.put(CONTROL + "canonical.hostname", node.host());
    values.put(CONTROL + "canonical.port", port);
    if (!node.bindHost().isEmpty()) {
      values.put(CONTROL + "bind.hostname", node.bindHost());
    }
    if (node.bindPort() >= 0) {
      values.put(CONTROL + "bind.port", node.bindPort());
    }
    if (node.transport() == Transport.TLS_TCP) {
      TlsFiles files = TlsFiles.in(node.tlsDir().orElseThrow());
      String keys = CONTROL + "ssl.rotating-keys-engine.";
      values.put(CONTROL + "ssl.ssl-engine-provider", ROTATING_KEYS);
      values.put(keys + "key-file", files.key().toString());
      values.put(keys + "cert-file", files.certificate().toString());
      values.put(keys + "ca-cert-file", files.ca().toString());
    }
    return values;
  }

  private static Config layered(Config config, Map<String, Object> values) {
    Config node = ConfigFactory.empty();
    for (Map.Entry<String, Object> value : values.entrySet()) {
      node =
          node.withValue(
              value.getKey(), ConfigValueFactory.fromAnyRef(value.getValue(), "node settings"));
    }
    return node.withFallback(config.getConfig("troupe.pekko").atPath("pekko"))
        .withFallback(ConfigFactory.defaultReference())
        .resolve();
  }
}
