package dev.troupe.runtime.cli;

import dev.troupe.runtime.settings.BuildVersion;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {"troupe " + BuildVersion.text()};
  }
}
