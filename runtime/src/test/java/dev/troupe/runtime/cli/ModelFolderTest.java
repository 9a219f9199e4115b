package dev.troupe.runtime.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.data.store.WebServer;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ClipModels;
import dev.troupe.nn.model.ModelConfigs;
import dev.troupe.nn.torch.Torch;
import dev.troupe.nn.weights.Export;
import dev.troupe.nn.weights.PreprocessConfig;
import dev.troupe.nn.weights.SafetensorsFile;
import dev.troupe.nn.weights.WeightsFile;
import dev.troupe.nn.weights.WeightsFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models that bring configuration, weights and preprocessing, through each command. */
@Timeout(300)
class ModelFolderTest {
  private static final String IMAGES = Cli.HOME.resolve("data/emoji/val-0001.tar").toString();

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void makeModel() {
    Torch.load();
    model = folder.resolve("birds");
    try (PointerScope scope = new PointerScope();
        ClipModel clip = ClipModels.create(ModelConfigs.load("tiny-vit"))) {
      clip.initialize();
      Export.huggingFace(model, clip.config(), PreprocessConfig.SIGLIP, clip.state(), null);
    }
  }

  private void run(Map<String, String> environment, String... arguments) throws Exception {
    Cli.Outcome outcome = Cli.end(Cli.start(folder, environment, arguments), folder);
    assertThat(outcome.exit()).as(outcome.err()).isZero();
  }

  private Path embed(Map<String, String> environment, String name, String... how) throws Exception {
    Path out = folder.resolve(name);
    String[] arguments = new String[how.length + 7];
    System.arraycopy(
        new String[] {"embed", "--images", IMAGES, "--out", out.toString(), "--cache-dir", "cache"},
        0,
        arguments,
        0,
        7);
    System.arraycopy(how, 0, arguments, 7, how.length);
    run(environment, arguments);
    return out;
  }

  @Test
  void shouldEmbedByAFolderOrARepositoryAsByItsParts() throws Exception {
    Path parts =
        embed(
            Map.of(),
            "parts.safetensors",
            "--model",
            "tiny-vit",
            "--pretrained",
            model.resolve(Export.TORCH_FILE).toString());
    Path local = embed(Map.of(), "local.safetensors", "--model", "local-dir:birds");
    assertSame(local, parts, "");
    try (WebServer hub = new WebServer(this::served, true)) {
      Map<String, String> endpoint = Map.of("HF_ENDPOINT", "http://127.0.0.1:" + hub.port());
      assertSame(embed(endpoint, "hub.safetensors", "--model", "hf-hub:org/birds"), parts, "");
    }
  }

  private byte[] served(String path) {
    Path file = model.resolve(path.replace("/org/birds/resolve/main/", ""));
    try {
      return Files.isRegularFile(file) ? Files.readAllBytes(file) : null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void shouldTrainFromAFolderAndExportTheRun() throws Exception {
    run(
        Map.of(),
        ("train --model local-dir:birds --dataset-type synthetic --train-num-samples 16"
                + " --batch-size 8 --epochs 1 --lr 0 --wd 0 --workers 1 --name run --threads 1")
            .split(" "));
    Path checkpoint = folder.resolve("logs/run/checkpoints/step-00000002");
    run(
        Map.of(),
        "export",
        "--checkpoint",
        checkpoint.toString(),
        "--format",
        "hf",
        "--out",
        "again");
    run(
        Map.of(),
        "export",
        "--model",
        "local-dir:birds",
        "--format",
        "openclip",
        "--out",
        "exported");
    Path first = model.resolve(Export.SAFETENSORS_FILE);
    assertSame(folder.resolve("again/" + Export.SAFETENSORS_FILE), first, "logit_scale");
    assertSame(folder.resolve("exported/birds.pt"), first, "");
    assertThat(folder.resolve("again/" + Export.CONFIG_FILE))
        .hasSameTextualContentAs(model.resolve(Export.CONFIG_FILE));
  }

  private static void assertSame(Path actual, Path expected, String except) {
    try (PointerScope scope = new PointerScope();
        WeightsFile here = WeightsFiles.open(actual);
        SafetensorsFile there = SafetensorsFile.open(expected)) {
      assertThat(here.names()).containsExactlyInAnyOrderElementsOf(there.names());
      for (String name : there.names()) {
        if (!name.equals(except)) {
          assertThat(here.tensor(name).equal(there.tensor(name))).as(name).isTrue();
        }
      }
    }
  }
}
