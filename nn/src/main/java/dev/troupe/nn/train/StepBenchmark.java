package dev.troupe.nn.train;

import com.fasterxml.jackson.databind.JsonNode;
import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.torch.Torch;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;

/**
 * Times training steps on synthetic inputs: random pixels and captions of 7 to 20 tokens, as
 * alt-text has.
 */
public final class StepBenchmark {
  private static final int START_OF_TEXT = 49406;
  private static final int END_OF_TEXT = 49407;

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
    Torch.threads(threads);
    StepInput input = input(model.config().json(), batch);
    List<StepOutcome.Phases> phases = new ArrayList<>();
    List<Double> seconds = new ArrayList<>();
    try (ClipTrainer trainer = new ClipTrainer(model, settings, 0);
        Collectives alone = Collectives.alone(settings.device())) {
      trainer.join(alone);
      for (int i = 0; i <= steps; i++) {
        long start = System.nanoTime();
        StepOutcome outcome = trainer.step(input, 5e-4, 0);
        if (i > 0) {
          seconds.add((System.nanoTime() - start) / 1e9);
          phases.add(outcome.phases());
        }
      }
      double step = seconds.stream().sorted().toList().get(steps / 2);
      return new Result(
          model.config().name(),
          batch,
          threads,
          batch / step,
          median(phases, StepOutcome.Phases::forward),
          median(phases, StepOutcome.Phases::backward),
          median(phases, StepOutcome.Phases::optimizer),
          step);
    } catch (CollectiveException e) {
      throw new IllegalStateException(e); // alone, there is nobody to lose
    }
  }

  private static double median(
      List<StepOutcome.Phases> phases, ToDoubleFunction<StepOutcome.Phases> seconds) {
    double[] sorted = phases.stream().mapToDouble(seconds).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  /** Random pixels and captions for a model. */
  static StepInput input(JsonNode config, int batch) {
    int size = config.path("vision_cfg").path("image_size").asInt(224);
    int context = config.path("text_cfg").path("context_length").asInt(77);
    int vocabulary = config.path("text_cfg").path("vocab_size").asInt(END_OF_TEXT + 1);
    Random random = new Random(1);
    byte[] pixels = new byte[batch * size * size * 3];
    random.nextBytes(pixels);
    ByteBuffer images = ByteBuffer.allocateDirect(pixels.length).put(pixels).flip();
    ByteBuffer tokens =
        ByteBuffer.allocateDirect(batch * context * Integer.BYTES).order(ByteOrder.nativeOrder());
    int longest = 0;
    for (int row = 0; row < batch; row++) {
      int[] caption = new int[context];
      int end = Math.min(6 + random.nextInt(14), context - 1);
      for (int i = 1; i < end; i++) {
        caption[i] = Math.min(300 + random.nextInt(39_700), vocabulary - 3);
      }
      caption[0] = Math.min(START_OF_TEXT, vocabulary - 2);
      caption[end] = Math.min(END_OF_TEXT, vocabulary - 1);
      Arrays.stream(caption).forEach(tokens::putInt);
      longest = Math.max(longest, end + 1);
    }
    return new StepInput(batch, images, true, size, tokens.flip(), context, longest);
  }
}
