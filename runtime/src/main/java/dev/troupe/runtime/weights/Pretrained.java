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
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
 * <p>And a {@code --model} that brings its weights: {@code hf-hub:ORG/NAME} or {@code
 * local-dir:FOLDER}. What OpenCLIP or Hugging Face's programs have fetched to this machine before
 * is used as it is.
 */
public final class Pretrained {
  private static final Logger LOG = LoggerFactory.getLogger(Pretrained.class);
  private static final String LOCAL_PREFIX = "local-dir:";

  private final Path cacheFolder;
  private final StoreSpec stores;
  private final WeightsRegistry registry;
  private final Path openAiCache;
  private final Hub hub;

  /**
   * With the user's usual places: {@code HF_ENDPOINT}, {@code HF_HUB_CACHE} or {@code HF_HOME},
   * {@code HF_HUB_OFFLINE}.
   *
   * @param cacheFolder for what is fetched
   * @param stores how remote stores are reached
   */
  public Pretrained(Path cacheFolder, StoreSpec stores) {
    this(
        cacheFolder,
        stores,
        Path.of(System.getProperty("troupe.home", ""), "configs", "pretrained.json"),
        TokenizerSpec.defaultCaches(),
        Path.of(System.getProperty("user.home"), ".cache", "clip"),
        System.getenv());
  }

  Pretrained(
      Path cacheFolder,
      StoreSpec stores,
      Path registry,
      List<Path> hubCaches,
      Path openAiCache,
      Map<String, String> environment) {
    this.cacheFolder = cacheFolder;
    this.stores = stores;
    this.registry = new WeightsRegistry(registry);
    this.openAiCache = openAiCache;
    this.hub =
        new Hub(
            environment.getOrDefault("HF_ENDPOINT", "https://huggingface.co"),
            List.of("1", "ON", "YES", "TRUE")
                .contains(environment.getOrDefault("HF_HUB_OFFLINE", "").toUpperCase(Locale.ROOT)),
            cacheFolder,
            hubCaches,
            stores);
  }

  /** Whether a {@code --model} brings its own configuration and weights. */
  public static boolean isModel(String name) {
    return name.startsWith(HubRepository.PREFIX) || name.startsWith(LOCAL_PREFIX);
  }

  /**
   * Finds a model by its folder or repository, fetching it if need be.
   *
   * @param name {@code hf-hub:ORG/NAME} or {@code local-dir:FOLDER}
   * @throws WeightsException if there is none, or it can't be fetched
   */
  public ModelFolder model(String name) {
    if (name.startsWith(LOCAL_PREFIX)) {
      return ModelFolder.local(Path.of(name.substring(LOCAL_PREFIX.length())));
    }
    HubRepository repository = HubRepository.parse(name.substring(HubRepository.PREFIX.length()));
    Path config =
        hub.file(repository, Export.CONFIG_FILE)
            .orElseThrow(
                () ->
                    new WeightsException(
                        repository
                            + ": no "
                            + Export.CONFIG_FILE
                            + " is there, or the repository needs a login (expected: a repository"
                            + " that OpenCLIP loads); fetch it by hand and name its folder:"
                            + " --model local-dir:FOLDER"));
    Path weights = hub.weights(repository, Optional.empty());
    hub.file(repository, "tokenizer_config.json");
    Optional<Path> tokenizer = hub.file(repository, ModelFolder.TOKENIZER_FILE);
    return new ModelFolder(repository.name(), config, weights, tokenizer);
  }

  /**
   * Finds weights, fetching them if need be.
   *
   * @param name what {@code --pretrained} says
   * @param model the configuration's name, whose tags are looked through
   * @throws WeightsException if nothing has that name, or it can't be fetched
   */
  public ResolvedWeights resolve(String name, String model) {
    if (name.startsWith(HubRepository.PREFIX)) {
      return fromHub(HubRepository.parse(name.substring(HubRepository.PREFIX.length())));
    }
    if (name.startsWith(LOCAL_PREFIX)) {
      return ResolvedWeights.local(Path.of(name.substring(LOCAL_PREFIX.length())));
    }
    if (Fetcher.isRemote(name)) {
      return ResolvedWeights.of(fetch(name));
    }
    if (Files.exists(Path.of(name))) {
      return ResolvedWeights.local(Path.of(name));
    }
    Optional<String> registered = registry.find(name);
    if (registered.isPresent()) {
      String place = registered.get();
      return Fetcher.isRemote(place)
          ? ResolvedWeights.of(fetch(place))
          : ResolvedWeights.local(Path.of(place));
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

  private ResolvedWeights fromHub(HubRepository repository) {
    Path weights = hub.weights(repository, Optional.empty());
    return hub.file(repository, Export.CONFIG_FILE)
        .map(config -> ResolvedWeights.of(weights, config))
        .orElseGet(() -> ResolvedWeights.of(weights));
  }

  private ResolvedWeights fromTag(PretrainedTag tag) {
    return new ResolvedWeights(
        tagFile(tag), Optional.of(tag.preprocess()), Optional.of(tag.quickGelu()));
  }

  /** From the tag's repository, as OpenCLIP, and otherwise from its address. */
  private Path tagFile(PretrainedTag tag) {
    Optional<HubRepository> repository = tag.repository().map(HubRepository::of);
    if (tag.address().isEmpty()) {
      return hub.weights(repository.orElseThrow(), tag.file());
    }
    String url = tag.address().get();
    Optional<String> sha256 = tag.sha256();
    Path old = openAiCache.resolve(url.substring(url.lastIndexOf('/') + 1));
    if (sha256.isPresent() && matches(old, sha256.get())) {
      return old;
    }
    if (repository.isPresent()) {
      try {
        return hub.weights(repository.get(), tag.file());
      } catch (WeightsException e) {
        LOG.info("{}; trying {}", e.getMessage(), url);
      }
    }
    return fetch(url + sha256.map(digits -> "#sha256=" + digits).orElse(""));
  }

  private static boolean matches(Path file, String sha256) {
    try {
      return Files.isRegularFile(file) && Checksums.sha256(file).startsWith(sha256);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path fetch(String address) {
    try (WeightsCache cache = new WeightsCache(cacheFolder, stores)) {
      return cache.fetch(address);
    }
  }
}
