package dev.troupe.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.runtime.bench.recovery.RecoveryBenchmark;
import dev.troupe.runtime.bench.recovery.RecoveryReport;
import dev.troupe.runtime.bench.recovery.Scenario;
import dev.troupe.runtime.cli.Cli;
import dev.troupe.runtime.cli.Main;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real processes, killed while they train: a short form of {@code ./troupe bench recovery}, without
 * its figures of time.
 */
class RecoveryTest {
  @Test
  @Timeout(600)
  void shouldLoseNoCommittedStepAndNoSampleThroughKillsAndReplacements(@TempDir Path folder)
      throws Exception {
    System.setProperty("troupe.home", Cli.HOME.toString());
    List<String> flags =
        List.of(
            Cli.HOME.resolve("configs/quickstart-vit.conf").toString(),
            "--global-batch-size",
            "24",
            "--epochs",
            "1000",
            "--threads",
            "1",
            "--workers",
            "1");
    RecoveryReport report =
        new RecoveryBenchmark(Main.class, folder, flags).run(Scenario.KILL, 2, 7);
    assertThat(report.violations()).isEmpty();
    assertThat(report.lostSteps()).isZero();
    assertThat(report.ledgerDifference()).isEmpty();
    assertThat(report.stateHashes()).isEqualTo(1);
    assertThat(report.sound()).isTrue();
  }
}
