package dev.troupe.actors.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What tasks wrote while they trained: one line per committed step, checkpoints, last weights. */
public final class Ledger {
  private final Path folder;

  public Ledger(Path folder) {
    this.folder = folder;
  }

  /** Lines {@code STEP GENERATION WORLD_SIZE}, in the order in which rank 0 committed. */
  public List<String[]> steps() {
    return lines("ledger");
  }

  /** Lines {@code STEPS GENERATION REASON}. */
  public List<String[]> checkpoints() {
    return lines("checkpoints");
  }

  private List<String[]> lines(String file) {
    Path path = folder.resolve(file);
    try {
      return Files.exists(path)
          ? Files.readAllLines(path).stream().map(line -> line.split(" ")).toList()
          : List.of();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Every committed step is there, in order, once. */
  public void assertEveryStepOnce() {
    List<String[]> steps = steps();
    for (int i = 0; i < steps.size(); i++) {
      assertThat(Long.parseLong(steps.get(i)[0])).as("line %d", i).isEqualTo(i);
    }
  }

  /** Every committed step is there; a new generation may repeat the step in flight. */
  public void assertAtMostTheStepInFlightRepeated() {
    long step = -1;
    long generation = 0;
    for (String[] line : steps()) {
      long next = Long.parseLong(line[0]);
      boolean repeated = next == step && Long.parseLong(line[1]) > generation;
      assertThat(next == step + 1 || repeated)
          .as("step %d of generation %s after step %d of %d", next, line[1], step, generation)
          .isTrue();
      step = next;
      generation = Long.parseLong(line[1]);
    }
  }

  /**
   * The workers that were there at the end all hold what a run without failures gives.
   *
   * @param workers number of them
   */
  public void assertFinalWeights(int workers) {
    long committed = Long.parseLong(steps().get(steps().size() - 1)[0]) + 1;
    List<String[]> last =
        lines("final").stream().filter(line -> Long.parseLong(line[1]) == committed).toList();
    assertThat(last)
        .hasSize(workers)
        .allSatisfy(
            line ->
                assertThat(Long.parseLong(line[2])).isEqualTo(SleepyTask.weightsAfter(committed)));
  }

  /** The newest checkpoint is that of the last committed step. */
  public void assertCheckpointOfTheLastStep() {
    List<String[]> checkpoints = checkpoints();
    assertThat(checkpoints).isNotEmpty();
    assertThat(Long.parseLong(checkpoints.get(checkpoints.size() - 1)[0]))
        .isEqualTo(Long.parseLong(steps().get(steps().size() - 1)[0]) + 1);
  }
}
