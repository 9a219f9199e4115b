package dev.troupe.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.collective.Ranks;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.optim.AdamWSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class PrecisionTest {
  private static ClipModel start;

  @BeforeAll
  static void build() {
    start = TinyModels.create(TinyModels.vit(), 5);
  }

  @AfterAll
  static void free() {
    start.close();
  }

  private static ClipTrainer trainer(Precision precision) {
    TrainerSettings defaults = TrainerSettings.defaults(new AdamWSettings(0.9, 0.98, 1e-6, 0.2), 0);
    return new ClipTrainer(
        TinyModels.copy(start),
        new TrainerSettings(
            "cpu",
            precision,
            defaults.optimizer(),
            defaults.loss(),
            2,
            0,
            1,
            0,
            defaults.mean(),
            defaults.std()),
        0);
  }

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"AMP", "AMP_BF16", "BF16", "PURE_BF16"})
  void shouldComeCloseToFullPrecisionAndTrain(Precision precision) throws Exception {
    Batch batch = Batch.random(24, 2);
    Gradients exact = gradients(Precision.FP32, batch);
    Gradients rough = gradients(precision, batch);

    assertThat(rough.loss()).isCloseTo(exact.loss(), offset(0.02 * exact.loss()));
    assertThat(cosine(rough, exact)).isGreaterThan(0.99);

    List<String> states =
        Ranks.run(
            2,
            group -> {
              try (ClipTrainer trainer = trainer(precision)) {
                trainer.join(group);
                List<Double> losses = new ArrayList<>();
                for (int i = 0; i < 12; i++) {
                  StepOutcome outcome = trainer.step(batch.share(group.rank(), 2), 3e-3, 0);
                  assertThat(outcome.committed()).isTrue();
                  losses.add(outcome.loss());
                }
                assertThat(losses.get(11)).isLessThan(losses.get(0) - 0.5);
                return trainer.stateHash();
              }
            });
    assertThat(states.get(0)).isEqualTo(states.get(1));
  }

  private static Gradients gradients(Precision precision, Batch batch) throws Exception {
    try (PointerScope scope = new PointerScope();
        ClipTrainer trainer = trainer(precision);
        Collectives alone = Collectives.alone("cpu")) {
      trainer.join(alone);
      GradientPass.Result result = trainer.gradients(batch.whole());
      return Gradients.of(result.share(), result.gradients());
    }
  }

  private static double cosine(Gradients a, Gradients b) {
    double product = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (Map.Entry<String, float[]> entry : a.values().entrySet()) {
      float[] other = b.values().get(entry.getKey());
      for (int i = 0; i < other.length; i++) {
        double value = entry.getValue()[i];
        product += value * other[i];
        squaresA += value * value;
        squaresB += (double) other[i] * other[i];
      }
    }
    return product / Math.sqrt(squaresA * squaresB);
  }

  @Test
  void shouldKeepInFullPrecisionWhatOpenClipKeeps() {
    try (ClipTrainer trainer = trainer(Precision.BF16)) {
      TreeSet<String> full = new TreeSet<>();
      trainer
          .model()
          .state()
          .forEach(
              (name, tensor) -> {
                if (tensor.scalar_type().intern() == ScalarType.Float) {
                  full.add(name.replaceFirst("resblocks\\.\\d+\\.", "resblocks.N."));
                }
              });
      assertThat(full)
          .containsExactly(
              "ln_final.bias",
              "ln_final.weight",
              "logit_scale",
              "positional_embedding",
              "token_embedding.weight",
              "transformer.resblocks.N.ln_1.bias",
              "transformer.resblocks.N.ln_1.weight",
              "transformer.resblocks.N.ln_2.bias",
              "transformer.resblocks.N.ln_2.weight",
              "visual.class_embedding",
              "visual.ln_post.bias",
              "visual.ln_post.weight",
              "visual.ln_pre.bias",
              "visual.ln_pre.weight",
              "visual.positional_embedding",
              "visual.transformer.resblocks.N.ln_1.bias",
              "visual.transformer.resblocks.N.ln_1.weight",
              "visual.transformer.resblocks.N.ln_2.bias",
              "visual.transformer.resblocks.N.ln_2.weight");
    }
  }

  @Test
  void shouldHalveTheLossScaleAndMoveNothingWhenFp16Overflows() throws Exception {
    Batch batch = Batch.random(24, 2);
    try (PointerScope scope = new PointerScope();
        ClipTrainer trainer = trainer(Precision.AMP);
        Collectives alone = Collectives.alone("cpu")) {
      trainer.join(alone);
      Tensor scale = trainer.optimizer().state().get("loss_scale");
      scale.narrow(0, 0, 1).fill_(new Scalar(1e30));
      String before = trainer.parameterHash();

      StepOutcome outcome = trainer.step(batch.whole(), 1e-3, 0);

      assertThat(outcome.committed()).isTrue();
      assertThat(outcome.gradNorm()).matches(norm -> !Double.isFinite(norm));
      assertThat(trainer.parameterHash()).isEqualTo(before);
      assertThat(trainer.optimizer().lossScale().factor()).isCloseTo(5e29, offset(1e24));
      assertThat(trainer.optimizer().steps()).isZero();
      assertThat(trainer.committedSteps()).isEqualTo(1);

      scale.narrow(0, 0, 1).fill_(new Scalar(256.0));
      assertThat(trainer.step(batch.whole(), 1e-3, 0).gradNorm()).isFinite();
      assertThat(trainer.parameterHash()).isNotEqualTo(before);
    }
  }
}
