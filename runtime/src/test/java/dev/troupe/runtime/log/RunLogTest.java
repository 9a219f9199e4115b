package dev.troupe.runtime.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.troupe.runtime.settings.SettingsLoader;
import dev.troupe.runtime.settings.TrainSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLogTest {
  @TempDir Path logs;

  private TrainSettings settings(String... more) {
    SettingsLoader<TrainSettings> loader =
        new SettingsLoader<>(TrainSettings.class)
            .flag("train-data", "a.tar")
            .flag("logs", logs.toString())
            .flag("name", "run")
            .flag("log-every-n-steps", "2")
            .flag("sample-ledger", "true")
            .flag("report-to", "tensorboard");
    for (int i = 0; i < more.length; i += 2) {
      loader.flag(more[i], more[i + 1]);
    }
    return loader.load();
  }

  private static RunFolder folder(TrainSettings settings) {
    return RunFolder.of(settings, LocalDateTime.of(2026, 1, 2, 3, 4, 5));
  }

  private static RunLog open(TrainSettings settings, long committedSteps) {
    return RunLog.open(settings, folder(settings), committedSteps);
  }

  private static void train(RunLog log, long from, long to) {
    for (long step = from; step < to; step++) {
      log.step(TrainLineTest.step(step, 0, 5.0 - step * 0.1));
      log.samples(step, 0, 1, List.of("a.tar/" + step));
    }
  }

  private List<String> rows(String file) throws IOException {
    return Files.readAllLines(logs.resolve("run").resolve(file));
  }

  @Test
  void shouldWriteEveryFileOfARun() throws IOException {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("image_to_text_R@1", 0.275);
    figures.put("num_samples", 1808.0);
    String table;
    try (RunLog log = open(settings(), 0)) {
      train(log, 0, 5);
      log.evaluation(1, figures);
      log.checkpoint(5, "checkpoints/step-5");
      table = log.finish();
    }
    assertThat(rows("metrics.jsonl")).hasSize(3);
    assertThat(rows("metrics.jsonl").get(1))
        .matches("\\{\"step\":2,\"time\":[0-9.E]+,\"epoch\":0,\"samples\":768,\"loss\":4.8,.*")
        .contains("\"lr\":0.001,\"logit_scale\":14.285,\"samples_per_second\":320.0")
        .contains("\"world_size\":2,\"generation\":1");
    assertThat(rows("samples.jsonl").get(4))
        .isEqualTo("{\"step\":4,\"epoch\":0,\"generation\":1,\"keys\":[\"a.tar/4\"]}");
    assertThat(rows("checkpoints/results.jsonl"))
        .containsExactly("{\"image_to_text_R@1\":0.275,\"num_samples\":1808,\"epoch\":1}");
    assertThat(rows("params.txt"))
        .contains(
            "batch_size: 64",
            "lr: 0.0005",
            "eps: 1e-08",
            "pretrained: None",
            "name: run",
            "model: RN50")
        .isSorted();
    assertThat(rows("out.log")).noneMatch(String::isBlank);
    assertThat(logs.resolve("run/tensorboard"))
        .isDirectoryContaining("glob:**/events.out.tfevents.*");
    assertThat(table)
        .contains(
            "image_to_text_R@1                0.2750", "steps                            5 of 290")
        .contains(logs.resolve("run/metrics.jsonl").toString());
    assertThat(logs.resolve("run/run.lock")).doesNotExist();
  }

  @Test
  void shouldRefuseToOverwriteARun() {
    open(settings(), 0).close();
    assertThatThrownBy(() -> open(settings(), 0))
        .isInstanceOf(RunFolderException.class)
        .hasMessage(
            logs.resolve("run")
                + ": holds a run already (expected: another --name, or --resume latest to go on with"
                + " it)");
    assertThat(logs.resolve("run/run.lock")).doesNotExist();
  }

  @Test
  void shouldGoOnBehindTheCommittedStepsOnResume() throws IOException {
    try (RunLog log = open(settings(), 0)) {
      train(log, 0, 9);
    }
    try (RunLog log = open(settings("resume", "latest"), 6)) {
      assertThat(log.nextSamplesRow()).isEqualTo(6);
      train(log, 6, 8);
    }
    assertThat(rows("samples.jsonl")).hasSize(8);
    assertThat(rows("metrics.jsonl")).hasSize(4).last().asString().startsWith("{\"step\":6,");
  }

  @Test
  void shouldRefuseAFolderThatALivingProcessOfAnotherRunWrites() {
    try (RunLog log = open(settings(), 0)) {
      assertThatThrownBy(() -> open(settings("seed-nodes", "a:1", "resume", "latest"), 3))
          .isInstanceOf(RunFolderException.class)
          .hasMessageContaining("in use by process " + ProcessHandle.current().pid());
      train(log, 0, 1);
    }
  }

  @Test
  void shouldStopWritingOnceAnotherProcessOfTheRunHasTakenOver() throws IOException {
    TrainSettings clustered = settings("seed-nodes", "a:1,b:2");
    try (RunLog hung = open(clustered, 0)) {
      train(hung, 0, 4);
      try (RunLog next = open(clustered, 4)) {
        train(hung, 4, 6);
        train(next, 4, 5);
      }
      train(hung, 6, 7);
    }
    assertThat(rows("samples.jsonl")).hasSize(5);
    assertThat(rows("metrics.jsonl")).hasSize(3);
  }

  @Test
  void shouldOnlyShowWithoutLogs() {
    TrainSettings silent = settings("logs", "None");
    try (RunLog log = open(silent, 0)) {
      train(log, 0, 3);
      assertThat(log.finish()).contains("loss").doesNotContain("metrics");
    }
    assertThat(logs).isEmptyDirectory();
  }

  @Test
  void shouldNameARunAsOpenClipDoes() {
    TrainSettings unnamed =
        new SettingsLoader<>(TrainSettings.class)
            .flag("train-data", "a.tar")
            .flag("model", "my/ViT-B-32.json")
            .load();
    assertThat(folder(unnamed).path())
        .hasToString("logs/2026_01_02-03_04_05-model_ViT-B-32-lr_0.0005-b_64-j_4-p_amp");
  }
}
