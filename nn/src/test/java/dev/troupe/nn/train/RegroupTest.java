package dev.troupe.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.collective.GroupSpec;
import dev.troupe.nn.collective.Ranks;
import dev.troupe.nn.collective.Rendezvous;
import dev.troupe.nn.loss.LossSettings;
import dev.troupe.nn.model.ClipModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups break and form again in one process; state is even afterwards and training goes on. */
@Timeout(120)
class RegroupTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static ClipModel start;

  @BeforeAll
  static void build() {
    start = TinyModels.create(TinyModels.resNet(), 21);
  }

  @AfterAll
  static void free() {
    start.close();
  }

  private static ClipTrainer trainer(long committedSteps) {
    ClipModel model = TinyModels.copy(start);
    if (committedSteps < 0) {
      try (NoGradGuard guard = new NoGradGuard()) {
        model.state().values().forEach(tensor -> tensor.fill_(new Scalar(7.0)));
      }
    }
    return new ClipTrainer(
        model, ExactnessTest.settings(LossSettings.clip(), 1, 0), committedSteps);
  }

  private static StepOutcome step(ClipTrainer trainer, Collectives group) throws Exception {
    Batch batch = Batch.random(12, trainer.committedSteps());
    return trainer.step(batch.share(group.rank(), group.worldSize()), 1e-3, 0);
  }

  private static GroupSpec next(GroupSpec spec, Rendezvous rendezvous, int rank, int worldSize) {
    return new GroupSpec(
        "cpu", spec.generation() + 1, rank, worldSize, rendezvous.address(), Ranks.HOST, LONG);
  }

  @Test
  void shouldGoOnWithoutARankThatDiedInMidStep() throws Exception {
    try (Rendezvous second = Rendezvous.host(Ranks.HOST, 0)) {
      List<String> states =
          Ranks.start(
              3,
              LONG,
              spec -> {
                try (ClipTrainer trainer = trainer(0)) {
                  Collectives first = Collectives.join(spec);
                  trainer.join(first);
                  step(trainer, first);
                  if (spec.rank() == 1) {
                    first.close();
                    return "dead";
                  }
                  assertThatThrownBy(() -> step(trainer, first))
                      .isInstanceOf(CollectiveException.class);
                  first.close();
                  assertThat(trainer.committedSteps()).isEqualTo(1);
                  try (Collectives group =
                      Collectives.join(next(spec, second, spec.rank() / 2, 2))) {
                    assertThat(trainer.join(group)).isEqualTo(1);
                    assertThat(step(trainer, group).committed()).isTrue();
                    return trainer.stateHash();
                  }
                }
              });

      assertThat(states.get(1)).isEqualTo("dead");
      assertThat(states.get(0)).isEqualTo(states.get(2));
      assertThat(Set.copyOf(states)).hasSize(2);
    }
  }

  @Test
  void shouldStartAllFromTheFirstWeightsOfOneRank() throws Exception {
    List<String> states =
        Ranks.run(
            3,
            group -> {
              try (ClipTrainer trainer = trainer(0)) {
                if (group.rank() > 0) {
                  try (NoGradGuard guard = new NoGradGuard()) {
                    trainer.model().state().values().forEach(t -> t.add_(new Scalar(group.rank())));
                  }
                }
                assertThat(trainer.join(group)).isZero();
                return trainer.stateHash();
              }
            });
    try (ClipTrainer alone = trainer(0)) {
      assertThat(states).containsOnly(alone.stateHash());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldGiveANewcomerTheStateOfTheMostAdvanced(boolean anotherIsBehind) throws Exception {
    List<String> states =
        Ranks.run(
            3,
            group -> {
              // Ranks 1 and 2 have trained two steps alone, or rank 2 fell behind; rank 0 is new.
              try (ClipTrainer trainer = trainer(group.rank() == 0 ? -1 : 0)) {
                try (Collectives alone = Collectives.alone("cpu")) {
                  if (group.rank() > 0) {
                    trainer.join(alone);
                    step(trainer, alone);
                  }
                  if (group.rank() == 1 || (group.rank() == 2 && !anotherIsBehind)) {
                    step(trainer, alone);
                  }
                }
                assertThat(trainer.join(group)).isEqualTo(2);
                assertThat(trainer.committedSteps()).isEqualTo(2);
                assertThat(trainer.optimizer().steps()).isEqualTo(2);
                String even = trainer.stateHash();
                step(trainer, group);
                return even + " " + trainer.stateHash();
              }
            });

    assertThat(states).allSatisfy(state -> assertThat(state).isEqualTo(states.get(0)));
  }

  @Test
  void shouldSayWhereTheGroupGoesOnBeforeTheStateTravels() throws Exception {
    Ranks.run(
        2,
        group -> {
          long before = group.rank() == 0 ? 7 : -1;
          try (ClipTrainer trainer = trainer(before)) {
            List<Long> seen = new ArrayList<>();
            trainer.join(group, agreed -> seen.addAll(List.of(agreed, trainer.committedSteps())));

            assertThat(seen).containsExactly(7L, before);
            assertThat(trainer.committedSteps()).isEqualTo(7);
            return "";
          }
        });
  }

  @Test
  void shouldCommitAStepWhoseVoteBrokeOnceItIsKnownThatOthersDid() throws Exception {
    List<String> states =
        Ranks.run(
            2,
            group -> {
              try (ClipTrainer trainer = trainer(0)) {
                trainer.join(group);
                step(trainer, group);
                StepOutcome outcome = step(trainer, group);
                assertThat(outcome.committed()).isTrue();
                String committed = trainer.stateHash();
                return committed;
              }
            });
    List<String> broken =
        Ranks.run(
            2,
            group -> {
              try (ClipTrainer trainer = trainer(0)) {
                trainer.join(group);
                step(trainer, group);
                if (group.rank() == 1) {
                  // Votes, and loses its connection before the others' votes arrive.
                  StepInput share = Batch.random(12, 1).share(1, 2);
                  trainer.prepare(share, 1e-3, new PhaseClock()).vote(group, 0);
                  assertThat(trainer.committedSteps()).isEqualTo(1);
                } else {
                  step(trainer, group);
                }
                long chunks = trainer.progress();
                assertThat(trainer.join(group)).isEqualTo(2);
                assertThat(trainer.progress()).as("nothing was transferred").isEqualTo(chunks);
                return trainer.stateHash();
              }
            });

    assertThat(broken).containsExactlyElementsOf(states);
  }

  @Test
  void shouldNoticeARankThatHangsByTheDeadline() throws Exception {
    CountDownLatch noticed = new CountDownLatch(2);
    List<String> messages =
        Ranks.run(
            3,
            LONG,
            group -> {
              try (ClipTrainer trainer = trainer(0)) {
                trainer.join(group);
                step(trainer, group);
                group.timeout(Duration.ofMillis(500));
                if (group.rank() == 2) {
                  noticed.await();
                  return "hung";
                }
                try {
                  step(trainer, group);
                  return "not noticed";
                } catch (CollectiveException e) {
                  assertThat(trainer.committedSteps()).isEqualTo(1);
                  return e.operation();
                } finally {
                  noticed.countDown();
                }
              }
            });

    assertThat(messages).containsExactly("all-gather", "all-gather", "hung");
  }

  @Test
  void shouldRefuseAGroupWithoutStateOrWithAnotherModel() throws Exception {
    assertThatThrownBy(
            () ->
                Ranks.run(
                    2,
                    group -> {
                      try (ClipTrainer trainer = trainer(-1)) {
                        return trainer.join(group);
                      }
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("resume from a checkpoint");
    assertThatThrownBy(
            () ->
                Ranks.run(
                    2,
                    group -> {
                      ClipModel model =
                          group.rank() == 0
                              ? TinyModels.copy(start)
                              : TinyModels.create(TinyModels.vit(), 1);
                      try (ClipTrainer trainer =
                          new ClipTrainer(
                              model, ExactnessTest.settings(LossSettings.clip(), 1, 0), 0)) {
                        return trainer.join(group);
                      }
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("rank 1 has another model than rank 0");
  }
}
