package dev.troupe.actors;

import java.util.Locale;

/** What a node does in the cluster; any mix. */
public enum Role {
  /** May host the coordinator; one of these nodes does. */
  COORDINATOR,
  /** Trains, with one worker a device or as many as it is told. */
  WORKER;

  /** The role's name in Pekko's settings. */
  public String roleName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
