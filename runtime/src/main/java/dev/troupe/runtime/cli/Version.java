package dev.troupe.runtime.cli;

import picocli.CommandLine.IVersionProvider;

/** The project's version, from its jar. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"troupe " + text()};
  }

  static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
