package dev.troupe.actors;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * What the coordinator does: the section {@code troupe.run} of {@code reference.conf}, where each
 * key is explained.
 */
public record RunSettings(
    int minWorkers,
    int maxWorkers,
    long samplesPerStep,
    Duration saveEvery,
    Duration startPatience,
    int maxGenerationsWithoutCommit,
    int maxStepsWithoutCommit) {

  /** The path of the section. */
  public static final String SECTION = "troupe.run";

  /**
   * Reads the section.
   *
   * @throws IllegalArgumentException naming every value that cannot be
   */
  public static RunSettings of(Config config) {
    Config run = config.getConfig(SECTION);
    RunSettings settings =
        new RunSettings(
            run.getInt("min-workers"),
            run.getInt("max-workers"),
            run.getLong("samples-per-step"),
            run.getDuration("save-every"),
            run.getDuration("start-patience"),
            run.getInt("max-generations-without-commit"),
            run.getInt("max-steps-without-commit"));
    NodeSettings.Problems problems = new NodeSettings.Problems(SECTION);
    problems.check(settings.minWorkers >= 1, "min-workers", settings.minWorkers, ">= 1");
    problems.check(
        settings.maxWorkers >= settings.minWorkers,
        "max-workers",
        settings.maxWorkers,
        ">= min-workers, " + settings.minWorkers);
    problems.check(
        settings.maxGenerationsWithoutCommit >= 1,
        "max-generations-without-commit",
        settings.maxGenerationsWithoutCommit,
        ">= 1");
    problems.check(
        settings.maxStepsWithoutCommit >= 1,
        "max-steps-without-commit",
        settings.maxStepsWithoutCommit,
        ">= 1");
    problems.throwIfAny();
    return settings;
  }
}
