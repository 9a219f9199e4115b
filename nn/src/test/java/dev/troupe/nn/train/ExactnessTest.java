package dev.troupe.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.collective.Ranks;
import dev.troupe.nn.loss.LossSettings;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.optim.AdamWSettings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Loss and gradients are those of the whole global batch on one device, whatever the split. */
@Timeout(120)
class ExactnessTest {
  private static final double TOLERANCE = 1e-4;
  private static ClipModel model;

  @BeforeAll
  static void build() {
    model = TinyModels.create(TinyModels.vit(), 3);
  }

  @AfterAll
  static void free() {
    model.close();
  }

  static Stream<Arguments> splits() {
    Stream.Builder<Arguments> splits = Stream.builder();
    for (boolean siglip : new boolean[] {false, true}) {
      for (int worldSize : new int[] {1, 2, 3}) {
        for (int accumFreq : new int[] {1, 2, 4}) {
          splits.add(Arguments.of(48, worldSize, accumFreq, siglip));
        }
      }
      splits.add(Arguments.of(50, 3, 1, siglip));
      splits.add(Arguments.of(50, 3, 4, siglip));
      splits.add(Arguments.of(2, 3, 1, siglip));
      splits.add(Arguments.of(5, 4, 2, siglip));
    }
    return splits.build();
  }

  @ParameterizedTest(name = "batch {0}, {1} workers, accumulation {2}, SigLIP {3}")
  @MethodSource("splits")
  void shouldEqualTheWholeBatchOnOneDevice(int size, int worldSize, int accumFreq, boolean siglip)
      throws Exception {
    Batch batch = Batch.random(size, 7);
    LossSettings loss = siglip ? LossSettings.sigLip() : LossSettings.clip();
    Gradients expected = direct(batch, siglip);

    List<Gradients> ranks =
        Ranks.run(
            worldSize,
            group ->
                run(group, settings(loss, accumFreq, 0), batch.share(group.rank(), worldSize)));

    ranks.forEach(gradients -> gradients.assertClose(expected, TOLERANCE));
  }

  @Test
  void shouldAccumulateWhatADeviceCannotHold() throws Exception {
    Batch batch = Batch.random(48, 7);
    List<Gradients> ranks =
        Ranks.run(
            2,
            group ->
                run(
                    group,
                    settings(LossSettings.clip(), 1, 7),
                    batch.rows(group.rank() == 0 ? 0 : 10, group.rank() == 0 ? 10 : 48)));

    ranks.forEach(gradients -> gradients.assertClose(direct(batch, false), TOLERANCE));
  }

  @Test
  void shouldScaleGradientsLikeOpenClipWhenAsked() throws Exception {
    Batch batch = Batch.random(12, 7);
    Gradients whole = direct(batch, false);
    int worldSize = 3;
    int accumFreq = 2;

    LossSettings noFlags = new LossSettings(false, true, false, false);
    List<Gradients> plain =
        Ranks.run(
            worldSize,
            group -> run(group, settings(noFlags, accumFreq, 0), batch.share(group.rank(), 3)));
    LossSettings bothFlags = new LossSettings(false, true, true, true);
    List<Gradients> both =
        Ranks.run(
            worldSize,
            group -> run(group, settings(bothFlags, 1, 0), batch.share(group.rank(), 3)));

    Map<String, float[]> scaled = new LinkedHashMap<>();
    whole
        .values()
        .forEach(
            (name, values) ->
                scaled.put(
                    name, times(values, name.equals("logit_scale") ? accumFreq : 1.0 / worldSize)));
    plain.forEach(g -> g.assertClose(new Gradients(whole.loss(), scaled), TOLERANCE));
    both.forEach(g -> g.assertClose(whole, TOLERANCE));
  }

  private static float[] times(float[] values, double factor) {
    float[] scaled = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      scaled[i] = (float) (values[i] * factor);
    }
    return scaled;
  }

  static TrainerSettings settings(LossSettings loss, int accumFreq, int maxMicroBatch) {
    return new TrainerSettings(
        "cpu",
        Precision.FP32,
        AdamWSettings.defaults("vit"),
        loss,
        accumFreq,
        maxMicroBatch,
        0,
        0,
        TrainerSettings.OPENAI_MEAN,
        TrainerSettings.OPENAI_STD);
  }

  private static Gradients run(Collectives group, TrainerSettings settings, StepInput share)
      throws Exception {
    try (PointerScope scope = new PointerScope();
        ClipTrainer trainer = new ClipTrainer(TinyModels.copy(model), settings, 0)) {
      trainer.join(group);
      GradientPass.Result result = trainer.gradients(share);
      double loss = 0;
      for (long[] part : group.allGather(Double.doubleToRawLongBits(result.share()))) {
        loss += Double.longBitsToDouble(part[0]);
      }
      assertThat(result.featuresFinite()).isTrue();
      return Gradients.of(loss, result.gradients());
    }
  }

  /** The textbook way: both towers over the whole batch, the loss as the papers write it. */
  private static Gradients direct(Batch batch, boolean siglip) {
    return DirectLoss.of(model, batch, siglip);
  }
}
