package dev.troupe.nn.model;

import java.util.List;

/** A model configuration that can't be used; the message lists every problem found in it. */
public final class ConfigException extends IllegalArgumentException {
  private final transient List<String> problems;

  /**
   * Collects the problems of one configuration.
   *
   * @param source the file or name of the configuration
   * @param problems one line each, in the form {@code vision_cfg.width: 0 (expected: >= 1)}
   */
  public ConfigException(String source, List<String> problems) {
    super(
        problems.size() == 1
            ? source + ": " + problems.get(0)
            : source + ": " + problems.size() + " problems\n  " + String.join("\n  ", problems));
    this.problems = List.copyOf(problems);
  }

  /** One line for each problem, without the source. */
  public List<String> problems() {
    return problems;
  }
}
