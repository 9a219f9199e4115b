package dev.troupe.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.troupe.runtime.bench.recovery.RecoveryBenchmark;
import dev.troupe.runtime.bench.recovery.RecoveryReport;
import dev.troupe.runtime.bench.recovery.Scenario;
import dev.troupe.runtime.cli.Cli;
import dev.troupe.runtime.cli.Main;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real processes, killed while they train: a short form of {@code ./troupe bench recovery}, without
 * its figures of time.
 */
class RecoveryTest {
  @TempDir private Path folder;

  @Test
  @Timeout(600)
  void shouldLoseNoCommittedStepAndNoSampleThroughKillsAndReplacements() throws Exception {
    assertSound(run(Scenario.KILL, 2, Duration.ZERO));
  }

  @Test
  @Timeout(600)
  void shouldCommitOnOneSideOfAPartitionOnly() throws Exception {
    assumeThat(permitted())
        .as("network namespaces can be made here (as root, with iproute2)")
        .isTrue();
    assertSound(run(Scenario.PARTITION, 1, Duration.ofSeconds(20)));
  }

  private static boolean permitted() throws InterruptedException {
    try {
      String name = "troupe-test-" + ProcessHandle.current().pid();
      return new ProcessBuilder("ip", "netns", "add", name).start().waitFor() == 0
          && new ProcessBuilder("ip", "netns", "del", name).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private RecoveryReport run(Scenario scenario, int times, Duration pause) throws Exception {
    System.setProperty("troupe.home", Cli.HOME.toString());
    List<String> flags = new ArrayList<>();
    flags.add(Cli.HOME.resolve("configs/quickstart-vit.conf").toString());
    flags.addAll(List.of("--global-batch-size", "24", "--epochs", "1000", "--lr", "1e-4"));
    flags.addAll(List.of("--threads", "1", "--workers", "1"));
    return new RecoveryBenchmark(Main.class, folder, flags).run(scenario, times, 7, pause);
  }

  private static void assertSound(RecoveryReport report) {
    assertThat(report.violations()).isEmpty();
    assertThat(report.lostSteps()).isZero();
    assertThat(report.ledgerDifference()).isEmpty();
    assertThat(report.stateHashes()).isEqualTo(1);
    assertThat(report.lossDifference()).isLessThan(1e-3);
    assertThat(report.weightDifference()).isLessThan(1e-3);
    assertThat(report.sound()).isTrue();
  }
}
