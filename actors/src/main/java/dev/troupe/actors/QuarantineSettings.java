package dev.troupe.actors;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Who is no longer let in: the section {@code troupe.quarantine} of {@code reference.conf}, where
 * each key is explained.
 */
public record QuarantineSettings(
    int failures, Duration window, int nonFiniteSteps, int nonFiniteWindow) {

  /** The path of the section. */
  public static final String SECTION = "troupe.quarantine";

  /**
   * Reads the section.
   *
   * @throws IllegalArgumentException naming every value that cannot be
   */
  public static QuarantineSettings of(Config config) {
    Config quarantine = config.getConfig(SECTION);
    QuarantineSettings settings =
        new QuarantineSettings(
            quarantine.getInt("failures"),
            quarantine.getDuration("window"),
            quarantine.getInt("non-finite-steps"),
            quarantine.getInt("non-finite-window"));
    NodeSettings.Problems problems = new NodeSettings.Problems(SECTION);
    problems.check(settings.failures >= 0, "failures", settings.failures, ">= 0");
    problems.check(
        settings.nonFiniteSteps >= 1, "non-finite-steps", settings.nonFiniteSteps, ">= 1");
    problems.check(
        settings.nonFiniteWindow >= settings.nonFiniteSteps,
        "non-finite-window",
        settings.nonFiniteWindow,
        ">= non-finite-steps");
    problems.throwIfAny();
    return settings;
  }
}
