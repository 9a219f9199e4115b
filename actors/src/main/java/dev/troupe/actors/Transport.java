package dev.troupe.actors;

import java.util.Locale;

/** What carries the control plane's messages. */
public enum Transport {
  /** Plain TCP. */
  TCP,
  /** TCP with mutual TLS; the only one by which strangers are kept out. */
  TLS_TCP,
  /** Aeron over UDP. */
  AERON_UDP;

  /** The transport's name in settings, for example {@code tls-tcp}. */
  public String settingName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * @throws IllegalArgumentException for anything but {@code tcp}, {@code tls-tcp} or {@code
   *     aeron-udp}
   */
  public static Transport of(String name) {
    for (Transport transport : values()) {
      if (transport.settingName().equals(name)) {
        return transport;
      }
    }
    throw new IllegalArgumentException(
        "troupe.node.transport: " + name + " (expected: tcp, tls-tcp or aeron-udp)");
  }
}
