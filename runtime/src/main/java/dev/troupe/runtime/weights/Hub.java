package dev.troupe.runtime.weights;

import dev.troupe.data.store.StoreSpec;
import dev.troupe.nn.weights.Export;
import dev.troupe.nn.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The Hugging Face hub: what this machine has of it already, then what the network brings. Fetched
 * files are kept in the layout of Hugging Face's own cache.
 */
final class Hub {
  /** The names that OpenCLIP gives weights in a repository, in the order it looks for them. */
  private static final List<String> WEIGHTS =
      List.of(Export.SAFETENSORS_FILE, Export.TORCH_FILE, "model.safetensors");

  private final String endpoint;
  private final boolean offline;
  private final Path folder;
  private final List<HubCache> others;
  private final StoreSpec stores;

  /**
   * @param endpoint its address, {@code HF_ENDPOINT}
   * @param offline never ask it, {@code HF_HUB_OFFLINE}
   * @param folder for what is fetched
   * @param others caches of Hugging Face's programs, which are only read
   */
  Hub(String endpoint, boolean offline, Path folder, List<Path> others, StoreSpec stores) {
    this.endpoint = endpoint.replaceFirst("/+$", "");
    this.offline = offline;
    this.folder = folder;
    this.others = others.stream().map(HubCache::new).toList();
    this.stores = stores;
  }

  /**
   * A repository's weights.
   *
   * @param file the file's name, if it is not one of OpenCLIP's usual names
   * @throws WeightsException if there are none, or they are not here and the hub can't be reached
   */
  Path weights(HubRepository repository, Optional<String> file) {
    List<String> names = candidates(file);
    return find(repository, names).orElseThrow(() -> missing(repository, names));
  }

  private WeightsException missing(HubRepository repository, List<String> names) {
    String reason =
        offline
            ? "none of %s is on this machine, and HF_HUB_OFFLINE is set"
            : "none of %s is there, or the repository needs a login";
    return new WeightsException(
        repository
            + ": "
            + reason.formatted(String.join(", ", names))
            + "; fetch "
            + address(repository, names.get(0))
            + " by hand and name it: --pretrained FILE, or put it at "
            + place(repository, names.get(0)));
  }

  /** A file of a repository; empty if the repository has none of this name. */
  Optional<Path> file(HubRepository repository, String name) {
    return find(repository, List.of(name));
  }

  /** OpenCLIP looks for safetensors beside a PyTorch file first. */
  private static List<String> candidates(Optional<String> file) {
    return file.map(
            name ->
                Stream.of(name.replaceFirst("\\.(bin|pth)$", ".safetensors"), name)
                    .distinct()
                    .toList())
        .orElse(WEIGHTS);
  }

  private Optional<Path> find(HubRepository repository, List<String> names) {
    for (String name : names) {
      for (HubCache cache : others) {
        Optional<Path> found = cache.find(repository, name);
        if (found.isPresent()) {
          return found;
        }
      }
    }
    try (WeightsCache cache = new WeightsCache(folder, stores)) {
      for (String name : names) {
        Path place = place(repository, name);
        if (Files.isRegularFile(place)) {
          return Optional.of(offline ? place : cache.fetch(address(repository, name), place));
        }
      }
      if (offline) {
        return Optional.empty();
      }
      for (String name : names) {
        Path place = place(repository, name);
        if (cache.exists(address(repository, name), place)) {
          return Optional.of(cache.fetch(address(repository, name), place));
        }
      }
    }
    return Optional.empty();
  }

  private String address(HubRepository repository, String name) {
    return endpoint + "/" + repository.id() + "/resolve/" + repository.revision() + "/" + name;
  }

  private Path place(HubRepository repository, String name) {
    return new HubCache(folder).place(repository, repository.revision(), name);
  }
}
