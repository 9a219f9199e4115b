package dev.troupe.runtime.wiring;

import dev.troupe.data.text.Tokenizer;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.model.ModelConfigs;
import dev.troupe.nn.model.ModelOverrides;
import dev.troupe.nn.weights.LoadOptions;
import dev.troupe.nn.weights.Weights;
import dev.troupe.runtime.settings.ModelSettings;
import dev.troupe.runtime.settings.StorageSettings;
import dev.troupe.runtime.weights.ModelFolder;
import dev.troupe.runtime.weights.Pretrained;
import dev.troupe.runtime.weights.ResolvedWeights;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The model that the settings name, and what it starts from, which is then on this machine.
 *
 * @param config with what the settings' flags change in it
 * @param weights its first weights, if it has any
 * @param tokenizer the {@code tokenizer.json} or its folder in place of the model's own, if given
 */
public record ChosenModel(
    ModelConfig config, Optional<ResolvedWeights> weights, Optional<String> tokenizer) {
  private static final Logger LOG = LoggerFactory.getLogger(ChosenModel.class);

  /**
   * Finds the model, and fetches its weights if need be.
   *
   * @param siglip {@code --siglip}, which gives the model a logit bias and another temperature
   * @throws dev.troupe.nn.model.ConfigException with every fault of the configuration
   * @throws dev.troupe.nn.weights.WeightsException if there are no such weights
   */
  public static ChosenModel of(ModelSettings settings, StorageSettings storage, boolean siglip) {
    ModelOverrides overrides =
        new ModelOverrides(
            settings.forceQuickGelu(),
            settings.forceCustomText(),
            settings.forcePatchDropout().orElse(null),
            settings.forceImageSize().isEmpty() ? null : settings.forceImageSize(),
            settings.forceContextLength().orElse(null),
            null,
            null);
    ChosenModel model = of(settings.model(), settings.pretrained(), storage);
    return new ChosenModel(
            model.config.with(siglip ? overrides.forSigLip() : overrides),
            model.weights,
            settings.tokenizer().or(model::tokenizer))
        .checked();
  }

  /**
   * Finds a model without flags that change it.
   *
   * @param model a name under {@code configs/models/}, a JSON file, or OpenCLIP's {@code
   *     hf-hub:ORG/NAME} and {@code local-dir:FOLDER}, which bring weights
   * @param pretrained weights in place of those that the model brings
   */
  public static ChosenModel of(String model, Optional<String> pretrained, StorageSettings storage) {
    Path cache =
        storage
            .cacheDir()
            .map(Path::of)
            .orElse(Path.of(System.getProperty("user.home"), ".cache", "troupe"))
            .resolve("weights");
    Pretrained places = new Pretrained(cache, DataStreams.store(storage));
    if (!Pretrained.isModel(model)) {
      ModelConfig config = ModelConfigs.load(model);
      return new ChosenModel(
          config, pretrained.map(from -> places.resolve(from, config.name())), Optional.empty());
    }
    ModelFolder folder = places.model(model);
    ModelConfig config = folder.config();
    boolean own = config.json().path("text_cfg").path("hf_tokenizer_name").asText("").isEmpty();
    return new ChosenModel(
        config,
        Optional.of(
            pretrained
                .map(from -> places.resolve(from, config.name()).preparedAs(folder.weights()))
                .orElseGet(folder::weights)),
        own ? Optional.empty() : folder.tokenizer().map(Path::toString));
  }

  private ChosenModel checked() {
    Optional<Boolean> quick = weights.flatMap(ResolvedWeights::quickGelu);
    if (quick.isPresent() && quick.get() != config.quickGelu()) {
      LOG.warn(
          "{} was trained {} QuickGELU, the model {} is built {} it{}",
          weights.get().path(),
          quick.get() ? "with" : "without",
          config.name(),
          config.quickGelu() ? "with" : "without",
          config.quickGelu() ? "" : "; --force-quick-gelu builds it so");
    }
    return this;
  }

  /**
   * Loads the first weights, if there are any, into the model.
   *
   * @throws dev.troupe.nn.weights.WeightsException if they don't fit
   */
  public void load(ClipModel model) {
    weights.ifPresent(
        first ->
            LOG.info("{}", Weights.load(first.path(), model, LoadOptions.PRETRAINED).summary()));
  }

  /** The model's tokenizer. */
  public Tokenizer newTokenizer() {
    return Preprocessing.tokenizer(config, tokenizer);
  }
}
