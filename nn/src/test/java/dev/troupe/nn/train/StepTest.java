package dev.troupe.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.collective.Ranks;
import dev.troupe.nn.core.Init;
import dev.troupe.nn.loss.LossSettings;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.optim.AdamWSettings;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class StepTest {
  /** Losses of five steps and the state they end in. */
  private record Run(List<Double> losses, String state) {}

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void shouldRepeatARunBitForBit(int worldSize) throws Exception {
    assertThat(run(TinyModels.vitWithPatchDropout(), worldSize, 2))
        .isEqualTo(run(TinyModels.vitWithPatchDropout(), worldSize, 2));
    assertThat(run(TinyModels.resNet(), worldSize, 1))
        .isEqualTo(run(TinyModels.resNet(), worldSize, 1));
  }

  @Test
  void shouldKeepAllRanksEqualBufferForBuffer() throws Exception {
    List<Run> ranks = runs(TinyModels.resNet(), 3, 1);
    assertThat(ranks).allSatisfy(run -> assertThat(run).isEqualTo(ranks.get(0)));
  }

  @Test
  void shouldDrawTheSameForBothPassesOfAccumulation() throws Exception {
    // With patches dropped, features cached in the first pass are only those of the second pass if
    // both drop the same ones; then the loss falls along the gradient.
    ClipModel model = TinyModels.create(TinyModels.vitWithPatchDropout(), 5);
    Batch batch = Batch.random(16, 3);
    try (PointerScope scope = new PointerScope();
        ClipTrainer trainer = new ClipTrainer(model, settings(4), 0);
        Collectives alone = Collectives.alone("cpu")) {
      trainer.join(alone);
      GradientPass.Result before = trainer.gradients(batch.whole());
      double squares = 0;
      double rate = 1e-4;
      try (NoGradGuard guard = new NoGradGuard()) {
        for (Map.Entry<String, Tensor> entry : before.gradients().entrySet()) {
          Tensor gradient = entry.getValue();
          squares += gradient.mul(gradient).sum().item().toDouble();
          model.parameters().get(entry.getKey()).sub_(gradient.mul(new Scalar(rate)));
        }
      }
      double fallen = before.share() - trainer.gradients(batch.whole()).share();
      assertThat(fallen).isCloseTo(rate * squares, offset(0.1 * rate * squares));
    }
  }

  private static Run run(ModelConfig config, int worldSize, int accumFreq) throws Exception {
    return runs(config, worldSize, accumFreq).get(0);
  }

  private static List<Run> runs(ModelConfig config, int worldSize, int accumFreq) throws Exception {
    ClipModel start = TinyModels.create(config, 11);
    try {
      return Ranks.run(
          worldSize,
          group -> {
            try (ClipTrainer trainer =
                new ClipTrainer(TinyModels.copy(start), settings(accumFreq), 0)) {
              trainer.join(group);
              List<Double> losses = new java.util.ArrayList<>();
              for (int step = 0; step < 5; step++) {
                StepInput share = Batch.random(21, step).share(group.rank(), worldSize);
                losses.add(trainer.step(share, 1e-3, 0).loss());
              }
              return new Run(losses, trainer.stateHash());
            }
          });
    } finally {
      start.close();
    }
  }

  private static TrainerSettings settings(int accumFreq) {
    return ExactnessTest.settings(LossSettings.clip(), accumFreq, 0);
  }

  @Test
  void shouldDiscardAStepThatIsNotFiniteAndNameTheRank() throws Exception {
    ClipModel start = TinyModels.create(TinyModels.resNet(), 11);
    Batch batch = Batch.random(12, 1);
    List<StepOutcome> outcomes =
        Ranks.run(
            3,
            group -> {
              try (ClipTrainer trainer = new ClipTrainer(TinyModels.copy(start), settings(1), 0)) {
                trainer.join(group);
                StepInput share = batch.share(group.rank(), 3);
                trainer.step(share, 1e-3, 0);
                String before = trainer.stateHash();
                Tensor poisoned = trainer.model().parameters().get("visual.conv1.weight");
                Tensor sound = poisoned.detach().clone();
                if (group.rank() == 1) {
                  Init.constant(poisoned, Double.NaN);
                }
                StepOutcome outcome = trainer.step(share, 1e-3, group.rank());
                Init.quietly(poisoned, weight -> weight.copy_(sound));
                assertThat(trainer.stateHash()).isEqualTo(before);
                assertThat(trainer.committedSteps()).isEqualTo(1);
                assertThat(trainer.step(share, 1e-3, 0).committed()).isTrue();
                return outcome;
              }
            });

    assertThat(outcomes)
        .allSatisfy(
            outcome -> {
              assertThat(outcome.committed()).isFalse();
              assertThat(outcome.step()).isEqualTo(1);
              assertThat(outcome.nonFiniteRanks()).containsExactly(1);
              assertThat(outcome.wish()).isEqualTo(2);
            });
    start.close();
  }

  @Test
  void shouldCountSamplesAndClampTheLogitScale() throws Exception {
    ClipModel start = TinyModels.create(TinyModels.vit(), 11);
    try (NoGradGuard guard = new NoGradGuard()) {
      start.logitScale().fill_(new Scalar(4.7));
    }
    Batch batch = Batch.random(9, 1);
    List<StepOutcome> outcomes =
        Ranks.run(
            3,
            group -> {
              try (ClipTrainer trainer = new ClipTrainer(TinyModels.copy(start), settings(1), 0)) {
                trainer.join(group);
                // Rank 0 holds everything, rank 1 one row, rank 2 nothing.
                int[] cuts = {0, 8, 9, 9};
                return trainer.step(
                    batch.rows(cuts[group.rank()], cuts[group.rank() + 1]), 1e-3, 0);
              }
            });

    assertThat(outcomes)
        .allSatisfy(
            outcome -> {
              assertThat(outcome.samples()).isEqualTo(9);
              assertThat(outcome.committed()).isTrue();
              assertThat(outcome.logitScale()).isCloseTo(100, offset(1e-3));
            });
    start.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void shouldPassOverABatchWithoutUsableSamples(int worldSize) throws Exception {
    ClipModel start = TinyModels.create(TinyModels.resNet(), 11);
    List<StepOutcome> outcomes =
        Ranks.run(
            worldSize,
            group -> {
              try (ClipTrainer trainer = new ClipTrainer(TinyModels.copy(start), settings(2), 0)) {
                trainer.join(group);
                String before = trainer.parameterHash();
                StepOutcome outcome = trainer.step(Batch.random(4, 1).rows(2, 2), 1e-3, 1);
                assertThat(trainer.parameterHash()).isEqualTo(before);
                assertThat(trainer.step(Batch.random(4, 1).whole(), 1e-3, 0).loss()).isPositive();
                return outcome;
              }
            });

    assertThat(outcomes)
        .allSatisfy(
            outcome -> {
              assertThat(outcome.committed()).isTrue();
              assertThat(outcome.samples()).isZero();
              assertThat(outcome.loss()).isZero();
              assertThat(outcome.wish()).isEqualTo(1);
            });
    start.close();
  }

  @Test
  void shouldClipToTheGivenNormAsPyTorchDoes() throws Exception {
    ClipModel start = TinyModels.create(TinyModels.vit(), 11);
    Batch batch = Batch.random(8, 1);
    TrainerSettings open = settings(1);
    TrainerSettings clipped =
        new TrainerSettings(
            "cpu",
            Precision.FP32,
            new AdamWSettings(0.9, 0.98, 1e-2, 0),
            open.loss(),
            1,
            0,
            1e-3,
            0,
            open.mean(),
            open.std());
    try (PointerScope scope = new PointerScope();
        ClipTrainer trainer = new ClipTrainer(TinyModels.copy(start), clipped, 0);
        Collectives alone = Collectives.alone("cpu")) {
      trainer.join(alone);
      StepOutcome outcome = trainer.step(batch.whole(), 1, 0);
      assertThat(outcome.gradNorm()).isGreaterThan(1e-2);
      // After one step, AdamW's first moment is 0.1 of the gradient that it was given.
      double squares = 0;
      for (Map.Entry<String, Tensor> entry : trainer.optimizer().state().entrySet()) {
        if (entry.getKey().startsWith("exp_avg.")) {
          squares += entry.getValue().mul(entry.getValue()).sum().item().toDouble();
        }
      }
      assertThat(Math.sqrt(squares) / 0.1).isCloseTo(1e-3, offset(1e-6));
    }
    start.close();
  }

  @Test
  void shouldLeaveWhatIsLockedAsItIs() throws Exception {
    ClipModel model = TinyModels.create(TinyModels.vit(), 11);
    model
        .parameters()
        .forEach((name, parameter) -> parameter.requires_grad_(!name.startsWith("visual.")));
    try (PointerScope scope = new PointerScope();
        ClipTrainer trainer = new ClipTrainer(model, settings(2), 0);
        Collectives alone = Collectives.alone("cpu")) {
      Map<String, float[]> before = Gradients.numbers(model.parameters());
      trainer.join(alone);
      trainer.step(Batch.random(8, 1).whole(), 1e-3, 0);
      Map<String, float[]> after = Gradients.numbers(model.parameters());
      assertThat(after.get("visual.conv1.weight")).isEqualTo(before.get("visual.conv1.weight"));
      assertThat(after.get("text_projection")).isNotEqualTo(before.get("text_projection"));
      assertThat(trainer.optimizer().state().keySet()).noneMatch(n -> n.contains("visual."));
    }
  }

  @Test
  void shouldRefuseWhatCannotRun() {
    assertThatThrownBy(
            () ->
                new StepInput(
                    1, ByteBuffer.allocate(10), true, 2, ByteBuffer.allocateDirect(8), 2, 2))
        .hasMessageContaining("expected: direct");
    assertThatThrownBy(
            () ->
                new StepInput(
                    2, ByteBuffer.allocateDirect(10), true, 2, ByteBuffer.allocateDirect(8), 2, 2))
        .hasMessage("images: 10 bytes (expected: N*3*H*W = 24)");
    TrainerSettings settings = settings(1);
    assertThatThrownBy(
            () ->
                new ClipTrainer(
                    TinyModels.create(TinyModels.vit(), 1),
                    new TrainerSettings(
                        "cuda:7",
                        settings.precision(),
                        settings.optimizer(),
                        settings.loss(),
                        1,
                        0,
                        0,
                        0,
                        settings.mean(),
                        settings.std()),
                    0))
        .hasMessageContaining("device: cuda:7")
        .hasMessageContaining("--device cpu");
    assertThatThrownBy(() -> Precision.of("fp8")).hasMessageContaining("precision: fp8");
  }
}
