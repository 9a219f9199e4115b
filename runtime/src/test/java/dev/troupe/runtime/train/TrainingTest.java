package dev.troupe.runtime.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.runtime.cli.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs on real pairs, by the command line, in processes of their own. */
@Timeout(600)
class TrainingTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int STEPS = 15;
  @TempDir static Path shared;
  private static Path whole;

  @BeforeAll
  static void trainWithoutInterruption() throws Exception {
    Cli.Outcome outcome = Cli.run(shared, train(shared, "whole", "--val-data", val()));
    assertThat(outcome.exit()).as(outcome.err()).isZero();
    assertThat(outcome.out()).contains("image_to_text_R@1", "last checkpoint");
    whole = shared.resolve("logs/whole");
  }

  @Test
  void shouldTrainEverySampleOnceAndWriteTheRunsFiles() throws Exception {
    List<JsonNode> rows = rows(whole.resolve("samples.jsonl"));
    assertThat(rows).hasSize(STEPS);
    List<String> keys = new ArrayList<>();
    rows.forEach(row -> row.get("keys").forEach(key -> keys.add(key.asText())));
    assertThat(keys).hasSize(908);
    assertThat(new HashSet<>(keys)).hasSize(908);
    assertThat(rows(whole.resolve("metrics.jsonl")).get(0).fieldNames())
        .toIterable()
        .contains("step", "epoch", "samples", "loss", "lr", "logit_scale", "samples_per_second")
        .contains("world_size", "generation");
    JsonNode result = rows(whole.resolve("checkpoints/results.jsonl")).get(0);
    assertThat(result.get("num_samples").asDouble()).isEqualTo(808);
    assertThat(result.get("image_to_text_R@10").asDouble()).isBetween(0.0, 1.0);
    assertThat(whole.resolve("params.txt")).isRegularFile();
    assertThat(whole.resolve("out.log")).content().contains("Train Epoch: 0");
  }

  @Test
  void shouldEndWithTheSameWeightsWhenStoppedInMidEpochAndResumed(@TempDir Path folder)
      throws Exception {
    Process process = Cli.start(folder, train(folder, "stopped"));
    Path run = folder.resolve("logs/stopped");
    awaitRows(process, run.resolve("samples.jsonl"), 3);
    process.destroy();
    Cli.Outcome stopped = Cli.end(process, folder);
    assertThat(stopped.exit()).as(stopped.err()).isZero();
    int committed = rows(run.resolve("samples.jsonl")).size();
    assertThat(committed).isLessThan(STEPS);

    Cli.Outcome resumed = Cli.run(folder, train(folder, "stopped", "--resume", "latest"));
    assertThat(resumed.exit()).as(resumed.err()).isZero();
    assertThat(keys(run)).isEqualTo(keys(whole));
    assertThat(run.resolve("checkpoints/step-00000015/model.safetensors"))
        .hasSameBinaryContentAs(whole.resolve("checkpoints/step-00000015/model.safetensors"));
  }

  @Test
  void shouldTrainTheSameWithThreeWorkers(@TempDir Path folder) throws Exception {
    Cli.Outcome outcome =
        Cli.run(folder, train(folder, "three", "--workers-per-node", "3", "--threads", "1"));
    assertThat(outcome.exit()).as(outcome.err()).isZero();
    Path run = folder.resolve("logs/three");
    assertThat(keys(run)).isEqualTo(keys(whole));
    List<JsonNode> expected = rows(whole.resolve("metrics.jsonl"));
    List<JsonNode> actual = rows(run.resolve("metrics.jsonl"));
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      assertThat(actual.get(i).get("loss").asDouble())
          .isEqualTo(expected.get(i).get("loss").asDouble(), within(1e-3));
      assertThat(actual.get(i).get("world_size").asInt()).isEqualTo(3);
    }
  }

  @Test
  void shouldRefuseACheckpointOfAnotherModelByTheDifference(@TempDir Path folder) throws Exception {
    String checkpoint = whole.resolve("checkpoints/step-00000015").toString();
    Cli.Outcome outcome =
        Cli.run(folder, train(folder, "other", "--resume", checkpoint, "--model", "tiny-rn"));
    assertThat(outcome.exit()).isEqualTo(1);
    assertThat(outcome.err())
        .contains("belongs to another run: model: tiny-rn (expected: tiny-vit)");
  }

  @Test
  void shouldSayWhatToDoWhenDataIsMissing(@TempDir Path folder) throws Exception {
    Cli.Outcome outcome =
        Cli.run(folder, train(folder, "missing", "--train-data", "nowhere/{00..03}.tar"));
    assertThat(outcome.exit()).isEqualTo(1);
    assertThat(outcome.err()).contains("nowhere/00.tar").doesNotContain("Exception");
  }

  @Test
  void shouldEvaluateAndEmbedWithACheckpoint(@TempDir Path folder) throws Exception {
    String checkpoint = whole.resolve("checkpoints/step-00000015").toString();
    Cli.Outcome evaluated =
        Cli.run(
            folder,
            "eval",
            "--model",
            "tiny-vit",
            "--pretrained",
            checkpoint,
            "--val-data",
            val(),
            "--json");
    assertThat(evaluated.exit()).as(evaluated.err()).isZero();
    JsonNode during = rows(whole.resolve("checkpoints/results.jsonl")).get(0);
    assertThat(JSON.readTree(evaluated.out()).findValue("image_to_text_mean_rank").asDouble())
        .isEqualTo(during.get("image_to_text_mean_rank").asDouble(), within(1e-6));
    Path out = folder.resolve("features.safetensors");
    Cli.Outcome embedded =
        Cli.run(
            folder,
            "embed",
            "--model",
            "tiny-vit",
            "--pretrained",
            checkpoint,
            "--images",
            val(),
            "--out",
            out.toString());
    assertThat(embedded.exit()).as(embedded.err()).isZero();
    assertThat(Files.size(out)).isGreaterThan(808L * 128 * 4);
  }

  private static String[] train(Path folder, String name, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "train",
                Cli.HOME.resolve("configs/quickstart-vit.conf").toString(),
                "--logs",
                folder.resolve("logs").toString(),
                "--name",
                name,
                "--train-data",
                Cli.HOME.resolve("data/emoji/train-0000.tar").toString(),
                "--val-data",
                "",
                "--global-batch-size",
                "64",
                "--epochs",
                "1",
                "--log-every-n-steps",
                "1",
                "--sample-ledger"));
    arguments.addAll(List.of(more));
    return arguments.toArray(new String[0]);
  }

  private static String val() {
    return Cli.HOME.resolve("data/emoji/val-0001.tar").toString();
  }

  private static List<JsonNode> keys(Path run) throws IOException {
    return rows(run.resolve("samples.jsonl")).stream().map(row -> row.get("keys")).toList();
  }

  private static List<JsonNode> rows(Path file) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }

  private static void awaitRows(Process process, Path file, int count) throws Exception {
    while (process.isAlive() && lines(file) < count) {
      Thread.sleep(20);
    }
  }

  private static long lines(Path file) throws IOException {
    if (!Files.exists(file)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(file)) {
      return lines.count();
    }
  }
}
