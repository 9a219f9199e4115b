package dev.troupe.runtime.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.troupe.runtime.settings.ClusterSettings.Role;
import dev.troupe.runtime.settings.ClusterSettings.Transport;
import dev.troupe.runtime.settings.OptimizationSettings.LrScheduler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class SettingsLoaderTest {
  @TempDir Path folder;

  private static SettingsLoader<TrainSettings> loader() {
    return new SettingsLoader<>(TrainSettings.class);
  }

  private Path config(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static List<String> problems(SettingsLoader<TrainSettings> loader) {
    return catchThrowableOfType(SettingsException.class, loader::load).problems();
  }

  @Test
  void shouldFillInDefaultsByTheModelsName() {
    TrainSettings rn = loader().flag("train-data", "a.tar").load();
    assertThat(rn.model().model()).isEqualTo("RN50");
    assertThat(rn.optimization().lr()).isEqualTo(5e-4);
    assertThat(rn.optimization().beta2()).isEqualTo(0.999);
    assertThat(rn.optimization().eps()).isEqualTo(1e-8);
    TrainSettings vit = loader().flag("train-data", "a.tar").flag("model", "ViT-B-32").load();
    assertThat(vit.optimization().beta2()).isEqualTo(0.98);
    assertThat(vit.optimization().eps()).isEqualTo(1e-6);
    TrainSettings given =
        loader().flag("train-data", "a.tar").flag("model", "ViT-B-32").flag("eps", "1e-7").load();
    assertThat(given.optimization().eps()).isEqualTo(1e-7);
  }

  @Test
  void shouldLetFlagsOverrideTheFileAndTheFileTheDefaults() throws IOException {
    Path file = config("a.conf", "train-data = a.tar\nepochs = 3\nlr = 1e-3\nsiglip = true");
    TrainSettings settings = loader().file(file).flag("epochs", "5").flag("siglip", "false").load();
    assertThat(settings.optimization().epochs()).isEqualTo(5);
    assertThat(settings.optimization().lr()).isEqualTo(1e-3);
    assertThat(settings.optimization().wd()).isEqualTo(0.2);
    assertThat(settings.loss().siglip()).isFalse();
  }

  @Test
  void shouldReportAllProblemsAtOnceWithValueExpectationAndSource() throws IOException {
    Path file =
        config("bad.conf", "train-data = a.tar\nbatch-size = 0\n\nlr-sheduler = cosine\nwd = much");
    List<String> problems =
        problems(
            loader()
                .file(file)
                .flag("epochs", "2.5")
                .flag("precision", "fp31")
                .flag("imagenet-val", "x"));
    assertThat(problems)
        .containsExactlyInAnyOrder(
            "batch-size: 0 (expected: a whole number >= 1) at " + file + ":2",
            "lr-sheduler: no such setting (did you mean lr-scheduler?) at " + file + ":4",
            "wd: much (expected: a number >= 0) at " + file + ":5",
            "epochs: 2.5 (expected: a whole number >= 1)",
            "precision: fp31 (expected: one of amp, amp_bf16, amp_bfloat16, bf16, fp16, pure_bf16,"
                + " pure_fp16, fp32 (did you mean fp32?))",
            "imagenet-val: not supported: use --zeroshot-data, --classnames and --templates");
  }

  @Test
  void shouldReportConditionsBetweenSettings() {
    List<String> problems =
        problems(
            loader()
                .flag("lr-scheduler", "const-cooldown")
                .flag("global-batch-size", "2")
                .flag("batch-size", "64")
                .flag("min-workers", "3")
                .flag("max-workers", "2")
                .flag("transport", "tls-tcp")
                .flag("distill-model", "RN50")
                .flag("resume", "latest")
                .flag("report-to", "wandb"));
    assertThat(problems)
        .containsExactlyInAnyOrder(
            "train-data: not given (expected: shards to train on, or val-data to evaluate on)",
            "epochs-cooldown: not given (expected: a number of epochs, for lr-scheduler"
                + " const-cooldown)",
            "batch-size: 64 (expected: either this or global-batch-size)",
            "global-batch-size: 2 (expected: at least a sample for each worker: 3)",
            "max-workers: 2 (expected: at least min-workers: 3)",
            "tls-dir: not given (expected: a folder of certificates, for transport tls-tcp)",
            "distill-pretrained: not given (expected: both distill-model and distill-pretrained, or"
                + " neither)",
            "name: not given (expected: the name of the run to go on with, for resume latest)",
            "report-to: wandb (expected: tensorboard; wandb can show its event files)");
  }

  @Test
  void shouldNoteFlagsWithoutEffectAndRefuseThoseThatWouldChangeTheResult() {
    SettingsLoader<TrainSettings> loader =
        loader().flag("train-data", "a.tar").flag("ddp-static-graph", "true");
    loader.load();
    assertThat(loader.notes())
        .containsExactly("ddp-static-graph has no effect: gradients are reduced without DDP");
    assertThat(problems(loader().flag("train-data", "a.tar").flag("use-bnb-linear", "x")))
        .containsExactly(
            "use-bnb-linear: not supported: bitsandbytes' int8 layers exist only in Python");
  }

  @Test
  void shouldTakePathsInAFileRelativeToItAndFlagsToTheWorkingFolder() throws IOException {
    Files.createDirectories(folder.resolve("base"));
    config("base/base.conf", "train-data = \"shards/{00..09}.tar::s3://b/x.tar::/abs.tar\"");
    Path file =
        config(
            "run.conf",
            "include \"base/base.conf\"\nval-data = val.tar\nmodel = ./m.json\nlogs = none");
    TrainSettings settings = loader().file(file).flag("pretrained", "./w.pt").load();
    assertThat(settings.data().trainData())
        .contains(folder + "/base/shards/{00..09}.tar::s3://b/x.tar::/abs.tar");
    assertThat(settings.data().valData()).contains(folder + "/val.tar");
    assertThat(settings.model().model()).isEqualTo(folder + "/m.json");
    assertThat(settings.log().writesFiles()).isFalse();
    assertThat(settings.model().pretrained()).contains("./w.pt");
  }

  @Test
  void shouldResolveReferencesInsideAFileAndToTheProjectsFolder() throws IOException {
    System.setProperty("troupe.home", "/opt/troupe");
    try {
      Path file =
          config(
              "a.conf",
              "train-data = ${troupe.home}\"/data/a.tar\"\nepochs = 7\nwarmup = ${epochs}");
      TrainSettings settings = loader().file(file).load();
      assertThat(settings.data().trainData()).contains("/opt/troupe/data/a.tar");
      assertThat(settings.optimization().warmup()).isEqualTo(7);
    } finally {
      System.clearProperty("troupe.home");
    }
  }

  @Test
  void shouldNameABrokenFileAndLine() throws IOException {
    Path file = config("a.conf", "epochs = 3\nlr = = 4");
    assertThat(problems(loader().file(file).flag("train-data", "a.tar")))
        .singleElement()
        .asString()
        .startsWith(file + ": not readable as HOCON: ")
        .contains("2:");
    assertThat(problems(loader().file(folder.resolve("gone.conf")).flag("train-data", "a.tar")))
        .containsExactly(folder + "/gone.conf: no such file (expected: a CONFIG file in HOCON)");
  }

  @Test
  void shouldReadAugmentationsInPythonsFormAndInHocons() throws IOException {
    AugmentationSettings python =
        loader()
            .flag("train-data", "a.tar")
            .flag(
                "aug-cfg",
                List.of("scale=(0.4, 1.0)", "color_jitter=(0.32,0.32,0.32,0.08)", "use_timm=True"))
            .load()
            .image()
            .augCfg();
    Path file =
        config(
            "a.conf",
            "train-data = a.tar\n"
                + "aug-cfg { scale = [0.4, 1.0], color_jitter = [0.32, 0.32, 0.32, 0.08],"
                + " use_timm = true }");
    assertThat(loader().file(file).load().image().augCfg()).isEqualTo(python);
    assertThat(python.scale()).containsExactly(0.4, 1.0);
    assertThat(python.colorJitter()).containsExactly(0.32, 0.32, 0.32, 0.08);
    assertThat(python.useTimm()).isTrue();
    assertThat(loader().flag("train-data", "a.tar").load().image().augCfg().scale())
        .containsExactly(0.9, 1.0);
    assertThat(
            problems(loader().flag("train-data", "a.tar").flag("aug-cfg", List.of("scael=(0,1)"))))
        .singleElement()
        .asString()
        .endsWith("not scael (did you mean scale?))");
  }

  @Test
  void shouldMakeTheGlobalBatchOfOpenClipsBatchSize() {
    SettingsLoader<TrainSettings> loader =
        loader()
            .flag("train-data", "a.tar")
            .flag("batch-size", "32")
            .flag("accum-freq", "2")
            .flag("workers-per-node", "2")
            .flag("min-workers", "3");
    assertThat(loader.load().globalBatchSize()).isEqualTo(32 * 2 * 3);
    assertThat(
            loader()
                .flag("train-data", "a")
                .flag("global-batch-size", "50")
                .load()
                .globalBatchSize())
        .isEqualTo(50);
  }

  @Test
  void shouldDescribeAGroupedValueByItsParts() {
    TrainSettings settings = loader().flag("aug-cfg", "scale=(0.5, 1) re_prob=0.1").assemble();
    assertThat(SettingKey.describe(settings))
        .containsEntry("aug-cfg", "scale=[0.5, 1.0] re_prob=0.1");
  }

  /** Every key reaches its own field: setting it changes what it describes, and nothing else. */
  @TestFactory
  Stream<DynamicTest> shouldMapEveryKeyToAField() {
    Map<String, String> base = SettingKey.describe(loader().assemble());
    return SettingKey.of(TrainSettings.class).values().stream()
        .filter(key -> key.choices().size() != 1)
        .map(key -> DynamicTest.dynamicTest(key.name(), () -> checkField(key, base)));
  }

  private static void checkField(SettingKey key, Map<String, String> base) {
    TrainSettings settings = loader().flag(key.name(), other(key)).assemble();
    Map<String, String> changed = SettingKey.describe(settings);
    changed.entrySet().removeIf(value -> value.getValue().equals(base.get(value.getKey())));
    assertThat(changed.keySet()).containsExactly(key.name());
  }

  private static String other(SettingKey key) {
    if (key.isSwitch()) {
      return "true";
    }
    if (!key.choices().isEmpty()) {
      return key.choices().stream()
          .filter(choice -> !choice.equals(key.setting().byDefault()))
          .findFirst()
          .orElseThrow();
    }
    if (key.valueType() == String.class) {
      return "something";
    }
    if (key.valueType() == ByteSize.class) {
      return "3 MiB";
    }
    if (key.valueType() == AugmentationSettings.class) {
      return "scale=(0.1,0.2)";
    }
    return key.setting().max() <= 1 ? "0.125" : "7";
  }

  @Test
  void shouldReadAClustersSettings() {
    ClusterSettings cluster =
        loader()
            .flag("train-data", "a.tar")
            .flag("name", "r")
            .flag("seed-nodes", List.of("a:1,b:2"))
            .flag("roles", List.of("worker"))
            .flag("transport", "AERON-UDP")
            .load()
            .cluster();
    assertThat(cluster.seedNodes()).containsExactly("a:1", "b:2");
    assertThat(cluster.roles()).containsExactly(Role.WORKER);
    assertThat(cluster.transport()).isEqualTo(Transport.AERON_UDP);
    assertThat(LrScheduler.CONST_COOLDOWN).hasToString("const-cooldown");
    assertThat(Optional.of(ValueReader.size("20 GiB"))).contains(new ByteSize(20L << 30));
    assertThat(ValueReader.size("1.5MB").bytes()).isEqualTo(1_500_000);
  }
}
