package dev.troupe.actors;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * When somebody counts as hung or gone: the section {@code troupe.liveness} of {@code
 * reference.conf}, where each key is explained.
 */
public record LivenessSettings(
    double hangSteps,
    Duration hangFloor,
    Duration firstStepDeadline,
    Duration loadingDeadline,
    Duration silenceFloor,
    Duration answerWindow,
    Duration joinDeadline,
    Duration reportInterval,
    Duration collectiveTimeout,
    Duration recoveryWindow,
    Duration commitPatience) {

  /** The path of the section. */
  public static final String SECTION = "troupe.liveness";

  /**
   * Reads the section.
   *
   * @throws IllegalArgumentException naming every value that cannot be, and every pair of deadlines
   *     that contradict each other
   */
  public static LivenessSettings of(Config config) {
    Config liveness = config.getConfig(SECTION);
    LivenessSettings settings =
        new LivenessSettings(
            liveness.getDouble("hang-steps"),
            liveness.getDuration("hang-floor"),
            liveness.getDuration("first-step-deadline"),
            liveness.getDuration("loading-deadline"),
            liveness.getDuration("silence-floor"),
            liveness.getDuration("answer-window"),
            liveness.getDuration("join-deadline"),
            liveness.getDuration("report-interval"),
            liveness.getDuration("collective-timeout"),
            liveness.getDuration("recovery-window"),
            liveness.getDuration("commit-patience"));
    NodeSettings.Problems problems = new NodeSettings.Problems(SECTION);
    problems.check(settings.hangSteps >= 1, "hang-steps", settings.hangSteps, ">= 1");
    atLeast(problems, "silence-floor", settings.silenceFloor, "hang-floor", settings.hangFloor);
    atLeast(
        problems,
        "silence-floor",
        settings.silenceFloor,
        "twice report-interval",
        settings.reportInterval.multipliedBy(2));
    atLeast(
        problems, "join-deadline", settings.joinDeadline, "answer-window", settings.answerWindow);
    atLeast(
        problems,
        "collective-timeout",
        settings.collectiveTimeout,
        "silence-floor",
        settings.silenceFloor);
    problems.throwIfAny();
    return settings;
  }

  private static void atLeast(
      NodeSettings.Problems problems, String key, Duration value, String of, Duration least) {
    problems.check(
        value.compareTo(least) >= 0,
        key,
        value.toMillis() + " ms",
        "at least " + of + ", " + least.toMillis() + " ms");
  }
}
