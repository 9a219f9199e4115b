package dev.troupe.actors.coordinator;

import dev.troupe.actors.LivenessSettings;
import dev.troupe.actors.QuarantineSettings;
import dev.troupe.actors.RunSettings;

/** All that a coordinator goes by. */
public record CoordinatorSettings(
    String runName, RunSettings run, LivenessSettings liveness, QuarantineSettings quarantine) {}
