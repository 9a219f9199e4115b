package dev.troupe.runtime.wiring;

import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.model.ModelConfigs;
import dev.troupe.nn.model.ModelOverrides;
import dev.troupe.runtime.settings.ModelSettings;

/** The model that the settings name, with what their flags change in it. */
public final class Models {
  private Models() {}

  /**
   * @param siglip {@code --siglip}, which gives the model a logit bias and another temperature
   * @throws dev.troupe.nn.model.ConfigException with every fault of the configuration
   */
  public static ModelConfig config(ModelSettings settings, boolean siglip) {
    ModelOverrides overrides =
        new ModelOverrides(
            settings.forceQuickGelu(),
            settings.forceCustomText(),
            settings.forcePatchDropout().orElse(null),
            settings.forceImageSize().isEmpty() ? null : settings.forceImageSize(),
            settings.forceContextLength().orElse(null),
            null,
            null);
    return ModelConfigs.load(settings.model()).with(siglip ? overrides.forSigLip() : overrides);
  }
}
