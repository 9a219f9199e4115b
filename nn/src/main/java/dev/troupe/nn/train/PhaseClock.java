package dev.troupe.nn.train;

import java.util.EnumMap;
import java.util.Map;

/** Adds up a step's time by phase. */
final class PhaseClock {
  /** Where the time of a step goes. */
  enum Phase {
    FORWARD,
    BACKWARD,
    COMMUNICATION,
    OPTIMIZER
  }

  private final Map<Phase, Double> seconds = new EnumMap<>(Phase.class);
  private long last = System.nanoTime();

  /** Books the time since the last call under {@code phase}. */
  void lap(Phase phase) {
    long now = System.nanoTime();
    seconds.merge(phase, (now - last) / 1e9, Double::sum);
    last = now;
  }

  StepOutcome.Phases phases() {
    return new StepOutcome.Phases(
        of(Phase.FORWARD), of(Phase.BACKWARD), of(Phase.COMMUNICATION), of(Phase.OPTIMIZER));
  }

  private double of(Phase phase) {
    return seconds.getOrDefault(phase, 0.0);
  }
}
