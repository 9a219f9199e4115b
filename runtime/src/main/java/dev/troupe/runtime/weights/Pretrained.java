package dev.troupe.runtime.weights;

import dev.troupe.data.store.Fetcher;
import dev.troupe.data.store.StoreSpec;
import dev.troupe.data.text.TokenizerSpec;
import dev.troupe.nn.weights.Checksums;
import dev.troupe.nn.weights.Export;
import dev.troupe.nn.weights.WeightsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Resolves {@code --pretrained}. In this order, it may be:
 *
 * <ol>
 *   <li>a file or folder;
 *   <li>an {@code s3://} or {@code http(s)://} address, with {@code #sha256=DIGITS} if wanted;
 *   <li>{@code hf-hub:ORG/NAME} or {@code hf-hub:ORG/NAME@REVISION};
 *   <li>a name in {@code configs/pretrained.json}, the local registry;
 *   <li>one of OpenCLIP's tags for the model ({@code openai}, {@code laion2b_s34b_b79k}).
 * </ol>
 *
 * What OpenCLIP or Hugging Face's programs have fetched to this machine before is used as it is.
 */
public final class Pretrained {
  private static final String HUB_PREFIX = "hf-hub:";
  private static final String LOCAL_PREFIX = "local-dir:";
  private static final String REVISION = "main";

  /** The names that OpenCLIP gives weights in a repository, in the order it looks for them. */
  private static final List<String> HUB_FILES =
      List.of("open_clip_model.safetensors", "open_clip_pytorch_model.bin", "model.safetensors");

  private final Path cacheFolder;
  private final StoreSpec stores;
  private final WeightsRegistry registry;
  private final List<HubCache> hubCaches;
  private final Path openAiCache;
  private final String hub;

  /**
   * With the user's usual places.
   *
   * @param cacheFolder for what is fetched
   * @param stores how remote stores are reached
   */
  public Pretrained(Path cacheFolder, StoreSpec stores) {
    this(
        cacheFolder,
        stores,
        registryFile(),
        TokenizerSpec.defaultCaches(),
        Path.of(System.getProperty("user.home"), ".cache", "clip"),
        Optional.ofNullable(System.getenv("HF_ENDPOINT")).orElse("https://huggingface.co"));
  }

  Pretrained(
      Path cacheFolder,
      StoreSpec stores,
      Path registry,
      List<Path> hubCaches,
      Path openAiCache,
      String hub) {
    this.cacheFolder = cacheFolder;
    this.stores = stores;
    this.registry = new WeightsRegistry(registry);
    this.hubCaches = hubCaches.stream().map(HubCache::new).toList();
    this.openAiCache = openAiCache;
    this.hub = hub;
  }

  private static Path registryFile() {
    return Path.of(System.getProperty("troupe.home", ""), "configs", "pretrained.json");
  }

  /**
   * Finds the weights, fetching them if need be.
   *
   * @param name what {@code --pretrained} says
   * @param model the configuration's name, whose tags are looked through
   * @throws WeightsException if nothing has that name, or it can't be fetched
   */
  public ResolvedWeights resolve(String name, String model) {
    if (name.startsWith(HUB_PREFIX)) {
      return fromHub(name.substring(HUB_PREFIX.length()));
    }
    String path = name.startsWith(LOCAL_PREFIX) ? name.substring(LOCAL_PREFIX.length()) : name;
    if (Files.exists(Path.of(path))) {
      return ResolvedWeights.local(Path.of(path));
    }
    if (Fetcher.isRemote(name)) {
      return ResolvedWeights.of(fetch(name));
    }
    Optional<String> registered = registry.find(name);
    if (registered.isPresent()) {
      String place = registered.get();
      if (Fetcher.isRemote(place)) {
        return ResolvedWeights.of(fetch(place));
      }
      return ResolvedWeights.local(Path.of(place));
    }
    return PretrainedTag.find(model, name)
        .map(this::fromTag)
        .orElseThrow(() -> unknown(name, model));
  }

  private WeightsException unknown(String name, String model) {
    List<String> expected = new ArrayList<>();
    expected.add("a file, a folder, an s3:// or https:// address, hf-hub:ORG/NAME");
    if (!registry.names().isEmpty()) {
      expected.add("one of the local names " + String.join(", ", registry.names()));
    }
    String tags =
        PretrainedTag.of(model).stream().map(PretrainedTag::tag).collect(Collectors.joining(", "));
    if (!tags.isEmpty()) {
      expected.add("one of the tags of " + model + ": " + tags);
    } else {
      expected.add(model + " has no tags");
    }
    return new WeightsException(
        "pretrained: " + name + " (expected: " + String.join("; or ", expected) + ")");
  }

  private ResolvedWeights fromHub(String name) {
    int at = name.indexOf('@');
    String repository = at < 0 ? name : name.substring(0, at);
    String revision = at < 0 ? REVISION : name.substring(at + 1);
    if (!repository.matches("[\\w.-]+/[\\w.-]+") || !revision.matches("[\\w./-]+")) {
      throw new WeightsException("pretrained: hf-hub:" + name + " (expected: hf-hub:ORG/NAME)");
    }
    Path weights = hubFile(repository, revision, Optional.empty());
    Optional<Path> config = optionalHubFile(repository, revision, Export.CONFIG_FILE);
    return config.isPresent()
        ? ResolvedWeights.of(weights, config.get())
        : ResolvedWeights.of(weights);
  }

  private ResolvedWeights fromTag(PretrainedTag tag) {
    return new ResolvedWeights(
        tagFile(tag), Optional.of(tag.preprocess()), Optional.of(tag.quickGelu()));
  }

  private Path tagFile(PretrainedTag tag) {
    Optional<Path> here =
        tag.repository()
            .flatMap(
                repository ->
                    candidates(tag.file()).stream()
                        .flatMap(file -> cached(repository, REVISION, file).stream())
                        .findFirst());
    if (here.isPresent()) {
      return here.get();
    }
    Optional<String> sha256 = tag.sha256();
    if (tag.address().isPresent() && sha256.isPresent()) {
      // The address is preferred to the repository, for its checksum is known.
      String url = tag.address().get();
      Path old = openAiCache.resolve(url.substring(url.lastIndexOf('/') + 1));
      return matches(old, sha256.get()) ? old : fetch(url + "#sha256=" + sha256.get());
    }
    return tag.repository()
        .map(repository -> hubFile(repository, REVISION, tag.file()))
        .orElseGet(() -> fetch(tag.address().orElseThrow()));
  }

  private static boolean matches(Path file, String sha256) {
    try {
      return Files.isRegularFile(file) && Checksums.sha256(file).startsWith(sha256);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** OpenCLIP looks for safetensors beside a PyTorch file first. */
  private static List<String> candidates(Optional<String> file) {
    return file.map(name -> List.of(name.replaceFirst("\\.(bin|pth)$", ".safetensors"), name))
        .orElse(HUB_FILES);
  }

  private Path hubFile(String repository, String revision, Optional<String> file) {
    for (String name : candidates(file)) {
      Optional<Path> found = cached(repository, revision, name);
      if (found.isPresent()) {
        return found.get();
      }
    }
    try (WeightsCache cache = new WeightsCache(cacheFolder, stores)) {
      for (String name : candidates(file)) {
        String url = hubAddress(repository, revision, name);
        if (cache.exists(url)) {
          return cache.fetch(url);
        }
      }
    }
    throw new WeightsException(
        "pretrained: hf-hub:"
            + repository
            + ": none of "
            + candidates(file)
            + " is there, or they need a login; fetch the file by hand and name it: --pretrained"
            + " FILE");
  }

  private Optional<Path> optionalHubFile(String repository, String revision, String name) {
    Optional<Path> found = cached(repository, revision, name);
    if (found.isPresent()) {
      return found;
    }
    String url = hubAddress(repository, revision, name);
    try (WeightsCache cache = new WeightsCache(cacheFolder, stores)) {
      return cache.exists(url) ? Optional.of(cache.fetch(url)) : Optional.empty();
    } catch (WeightsException e) {
      return Optional.empty(); // the weights themselves were in a local cache
    }
  }

  private String hubAddress(String repository, String revision, String file) {
    return hub + "/" + repository + "/resolve/" + revision + "/" + file;
  }

  private Optional<Path> cached(String repository, String revision, String file) {
    return hubCaches.stream()
        .flatMap(cache -> cache.find(repository, revision, file).stream())
        .findFirst();
  }

  private Path fetch(String address) {
    try (WeightsCache cache = new WeightsCache(cacheFolder, stores)) {
      return cache.fetch(address);
    }
  }
}
