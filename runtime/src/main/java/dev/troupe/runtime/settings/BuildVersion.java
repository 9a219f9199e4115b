package dev.troupe.runtime.settings;

import java.util.Optional;

/** The project's version. */
public final class BuildVersion {
  private BuildVersion() {}

  /** The version that the jar names; {@code development} for classes outside of a jar. */
  public static String text() {
    return Optional.ofNullable(BuildVersion.class.getPackage().getImplementationVersion())
        .orElse("development");
  }
}
