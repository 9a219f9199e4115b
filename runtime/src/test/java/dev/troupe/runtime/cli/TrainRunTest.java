package dev.troupe.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.troupe.nn.weights.Checksums;
import dev.troupe.runtime.bench.JvmProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A user's way through a run, each command in a process of its own. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class TrainRunTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SHARD = Cli.HOME.resolve("data/emoji/val-0001.tar").toString();
  private static final int SAMPLES = 808;

  @TempDir Path folder;

  private String[] train(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("train", Cli.HOME.resolve("configs/quickstart-vit.conf").toString()));
    arguments.addAll(List.of("--train-data", SHARD, "--val-data", SHARD, "--name", "run"));
    arguments.addAll(List.of("--log-every-n-steps", "1", "--sample-ledger", "--threads", "1"));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private Path run(String file) {
    return folder.resolve("logs/run").resolve(file);
  }

  private List<JsonNode> rows(String file) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(run(file))) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }

  private Path lastCheckpoint() throws IOException {
    try (var checkpoints = Files.list(run("checkpoints"))) {
      return checkpoints.filter(Files::isDirectory).sorted().reduce((a, b) -> b).orElseThrow();
    }
  }

  private Cli.Outcome good(String... arguments) throws IOException, InterruptedException {
    Cli.Outcome outcome = Cli.run(folder, arguments);
    assertThat(outcome.exit()).as(outcome.err()).isZero();
    return outcome;
  }

  @Test
  void shouldTrainEvaluateEmbedExportAndMix() throws Exception {
    Cli.Outcome trained = good(train("--global-batch-size", "202", "--epochs", "2"));
    assertThat(trained.out()).contains("steps", "8 of 8", "image_to_text_R@1", "last checkpoint");
    assertThat(trained.err()).contains("Train Epoch: 1 [808/808 (100%)]").contains("Eval Epoch: 2");
    assertThat(rows("metrics.jsonl")).hasSize(8);
    assertThat(run("tensorboard")).isDirectoryContaining("glob:**events.out.tfevents*");

    Cli.Outcome again = Cli.run(folder, train("--epochs", "2"));
    assertThat(again.exit()).isEqualTo(1);
    assertThat(again.err()).contains("holds a run already");

    String checkpoint = lastCheckpoint().toString();
    Cli.Outcome eval =
        good(
            "eval",
            "--model",
            "tiny-vit",
            "--pretrained",
            checkpoint,
            "--val-data",
            SHARD,
            "--device",
            "cpu",
            "--eval-batch-size",
            "64",
            "--json");
    List<JsonNode> results = rows("checkpoints/results.jsonl");
    JsonNode figures = JSON.readTree(eval.out());
    for (String name : new String[] {"image_to_text_R@1", "text_to_image_R@10", "num_samples"}) {
      assertThat(figures.path(name).asDouble())
          .isEqualTo(results.get(results.size() - 1).path(name).asDouble());
    }

    good(
        "export",
        "--checkpoint",
        checkpoint,
        "--format",
        "hf",
        "--image-resize-mode",
        "longest",
        "--out",
        "hf");
    good(
        "export", "--checkpoint", checkpoint, "--format", "openclip", "--out", "oc", "--name", "m");
    assertThat(folder.resolve("hf/open_clip_config.json")).content().contains("preprocess_cfg");
    good(
        "interpolate",
        "--from",
        checkpoint,
        "--to",
        "oc/m.pt",
        "--alpha",
        "0.5",
        "--out",
        "mix.safetensors");

    good(
        "export",
        "--checkpoint",
        "hf",
        "--model",
        "tiny-vit",
        "--format",
        "hf",
        "--out",
        "hf-again");
    assertThat(folder.resolve("hf-again/open_clip_config.json"))
        .content()
        .contains("\"longest\"")
        .isEqualTo(Files.readString(folder.resolve("hf/open_clip_config.json")));

    Files.writeString(folder.resolve("texts.txt"), "red heart\ncat face\n");
    String[] embed = {
      "embed", "--model", "tiny-vit", "--images", SHARD, "--texts", "texts.txt", "--device", "cpu"
    };
    String[] sources = {"hf", "hf-again", "mix.safetensors"};
    String expected = embed(embed, checkpoint);
    for (String source : sources) {
      assertThat(embed(embed, source)).as(source).isEqualTo(expected);
    }
  }

  private String embed(String[] flags, String weights) throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of(flags));
    arguments.addAll(List.of("--pretrained", weights, "--out", "features.safetensors", "--json"));
    Cli.Outcome outcome = good(arguments.toArray(String[]::new));
    assertThat(JSON.readTree(outcome.out()).path("images").asInt()).isEqualTo(SAMPLES);
    return Checksums.sha256(folder.resolve("features.safetensors"));
  }

  @Test
  void shouldStopOnSigtermAndGoOnWithTheNextSample() throws Exception {
    String[] flags = train("--global-batch-size", "8", "--epochs", "2", "--val-frequency", "0");
    Process process = Cli.start(folder, flags);
    Path metrics = run("metrics.jsonl");
    while (!Files.exists(metrics) || Files.readAllLines(metrics).size() < 5) {
      assertThat(process.isAlive()).as(Files.readString(folder.resolve("err"))).isTrue();
      Thread.sleep(50);
    }
    JvmProcess.signal(process, "TERM");
    Cli.Outcome stopped = Cli.end(process, folder);
    assertThat(stopped.exit()).as(stopped.err()).isZero();
    int before = rows("samples.jsonl").size();
    assertThat(before).isBetween(5, 2 * SAMPLES / 8 - 1);

    List<String> more = new ArrayList<>(List.of(flags));
    more.addAll(List.of("--resume", "latest"));
    good(more.toArray(String[]::new));
    List<JsonNode> ledger = rows("samples.jsonl");
    assertThat(ledger).hasSize(2 * SAMPLES / 8);
    List<String> keys = new ArrayList<>();
    for (int step = 0; step < ledger.size(); step++) {
      assertThat(ledger.get(step).path("step").asInt()).isEqualTo(step);
      ledger.get(step).path("keys").forEach(key -> keys.add(key.asText()));
    }
    assertThat(keys.subList(0, SAMPLES)).doesNotHaveDuplicates();
    assertThat(keys.subList(SAMPLES, 2 * SAMPLES)).hasSameElementsAs(keys.subList(0, SAMPLES));
  }
}
