package dev.troupe.nn.train;

import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.collective.GroupSpec;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.torch.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What several workers of few threads cost against one of as many threads as all of them: the same
 * synthetic batches, by one worker and by all, in turns.
 */
public final class WorkersBenchmark {
  private static final double LR = 1e-5;

  private WorkersBenchmark() {}

  /**
   * Medians over all steps but the first of each turn, in seconds.
   *
   * @param model the model's name
   * @param batch samples of a step, of all workers together
   * @param workers number of workers
   * @param threads of each of them; the one alone has {@code workers * threads}
   * @param alone a step of the one
   * @param together a step of all
   * @param forward the part of it that went to encoding and loss, on the first worker
   * @param backward backward
   * @param communication waiting for the others
   * @param optimizer vote and update
   */
  public record Result(
      String model,
      int batch,
      int workers,
      int threads,
      double alone,
      double together,
      double forward,
      double backward,
      double communication,
      double optimizer) {

    /** Samples a second of all over those of the one. */
    public double ratio() {
      return alone / together;
    }
  }

  /**
   * Runs one rank of the benchmark on the calling thread; all ranks give the same numbers.
   *
   * @param model an initialised model; closed afterwards
   * @param spec this rank's place in the group
   * @param turns how often both forms take their turn
   * @param steps timed in each turn
   * @return on rank 0; null on the others
   */
  public static Result run(
      ClipModel model,
      TrainerSettings settings,
      GroupSpec spec,
      int batch,
      int turns,
      int steps,
      int threads)
      throws CollectiveException {
    int workers = spec.worldSize();
    long begin = (long) batch * spec.rank() / workers;
    long end = (long) batch * (spec.rank() + 1) / workers;
    StepInput share = StepBenchmark.input(model.config().json(), (int) (end - begin));
    StepInput whole = StepBenchmark.input(model.config().json(), batch);
    List<Double> alone = new ArrayList<>();
    List<Double> together = new ArrayList<>();
    List<StepOutcome.Phases> phases = new ArrayList<>();
    try (ClipTrainer trainer = new ClipTrainer(model, settings, 0);
        Collectives one = Collectives.alone(settings.device());
        Collectives all = Collectives.join(spec)) {
      for (int turn = 0; turn < turns; turn++) {
        if (spec.rank() == 0) {
          Torch.threads(threads * workers);
          trainer.join(one);
          time(trainer, whole, steps, alone, new ArrayList<>());
        }
        Torch.threads(threads);
        trainer.join(all);
        time(trainer, share, steps, together, phases);
      }
      return spec.rank() > 0
          ? null
          : new Result(
              model.config().name(),
              batch,
              workers,
              threads,
              median(alone),
              median(together),
              median(phases, StepOutcome.Phases::forward),
              median(phases, StepOutcome.Phases::backward),
              median(phases, StepOutcome.Phases::communication),
              median(phases, StepOutcome.Phases::optimizer));
    }
  }

  private static void time(
      ClipTrainer trainer,
      StepInput input,
      int steps,
      List<Double> seconds,
      List<StepOutcome.Phases> phases)
      throws CollectiveException {
    for (int i = 0; i <= steps; i++) {
      long start = System.nanoTime();
      StepOutcome outcome = trainer.step(input, LR, 0);
      if (i > 0) {
        seconds.add((System.nanoTime() - start) / 1e9);
        phases.add(outcome.phases());
      }
    }
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  private static double median(
      List<StepOutcome.Phases> phases, ToDoubleFunction<StepOutcome.Phases> seconds) {
    return median(phases.stream().map(seconds::applyAsDouble).toList());
  }
}
