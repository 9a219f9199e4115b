package dev.troupe.nn.train;

import dev.troupe.nn.model.ClipModel;

/**
 * Times training steps on synthetic inputs: random pixels and captions of 6 to 20 tokens, as
 * alt-text has.
 */
public final class StepBenchmark {
  private StepBenchmark() {}

  /**
   * Medians over the steps, in seconds, after one step of warm-up.
   *
   * @param model the model's name
   * @param batch samples a step
   * @param threads threads of the step
   * @param samplesPerSecond of the median step
   * @param forward seconds
   * @param backward seconds
   * @param optimizer seconds
   * @param step seconds
   */
  public record Result(
      String model,
      int batch,
      int threads,
      double samplesPerSecond,
      double forward,
      double backward,
      double optimizer,
      double step) {}

  /**
   * Runs the benchmark on the calling thread.
   *
   * @param model an initialised model; closed afterwards
   */
  public static Result run(
      ClipModel model, TrainerSettings settings, int batch, int steps, int threads) {
    throw new UnsupportedOperationException();
  }
}
