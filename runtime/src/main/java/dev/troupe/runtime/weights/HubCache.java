package dev.troupe.runtime.weights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What Hugging Face's own programs, and OpenCLIP's with them, have fetched to this machine already:
 * {@code models--ORG--NAME/snapshots/REVISION/FILE} in their cache.
 */
final class HubCache {
  private final Path folder;

  HubCache(Path folder) {
    this.folder = folder;
  }

  /** A file of a repository's revision, if it is there. */
  Optional<Path> find(String repository, String revision, String file) {
    Path home = folder.resolve("models--" + repository.replace("/", "--"));
    Path ref = home.resolve("refs").resolve(revision);
    String commit = revision;
    if (Files.isRegularFile(ref)) {
      try {
        commit = Files.readString(ref).trim();
      } catch (IOException e) {
        return Optional.empty();
      }
    }
    Path found = home.resolve("snapshots").resolve(commit).resolve(file);
    return Files.isRegularFile(found) ? Optional.of(found) : Optional.empty();
  }
}
