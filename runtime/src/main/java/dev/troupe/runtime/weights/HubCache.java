package dev.troupe.runtime.weights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What is on this machine of the hub, in the layout of Hugging Face's own programs: {@code
 * models--ORG--NAME/snapshots/REVISION/FILE}.
 */
final class HubCache {
  private final Path folder;

  HubCache(Path folder) {
    this.folder = folder;
  }

  /** A file of a repository's revision, if it is there. */
  Optional<Path> find(HubRepository repository, String file) {
    Path ref = home(repository).resolve("refs").resolve(repository.revision());
    String commit = repository.revision();
    if (Files.isRegularFile(ref)) {
      try {
        commit = Files.readString(ref).trim();
      } catch (IOException e) {
        return Optional.empty();
      }
    }
    Path found = place(repository, commit, file);
    return Files.isRegularFile(found) ? Optional.of(found) : Optional.empty();
  }

  /** Where a file of a commit (or, without a reference to one, of a revision) belongs. */
  Path place(HubRepository repository, String commit, String file) {
    return home(repository).resolve("snapshots").resolve(commit).resolve(file);
  }

  private Path home(HubRepository repository) {
    return folder.resolve("models--" + repository.id().replace("/", "--"));
  }
}
