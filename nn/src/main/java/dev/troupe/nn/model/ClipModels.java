package dev.troupe.nn.model;

/** Builds models. */
public final class ClipModels {
  private ClipModels() {}

  /**
   * The model of a configuration, with undefined weights: {@linkplain ClipModel#initialize()
   * initialise} it or load some.
   *
   * @throws UnsupportedModelException if one of its towers is not implemented here
   */
  public static ClipModel create(ModelConfig config) {
    return config.isCoCa() ? new CoCaModel(config) : new DualEncoder(config);
  }
}
