package dev.troupe.nn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Model configurations: where they are found, what is refused and how. */
class ModelConfigTest {
  @TempDir Path folder;

  @Test
  void shouldReadEveryBuiltInConfiguration() {
    List<String> names = ModelConfigs.names();
    assertThat(names).hasSize(146).contains("ViT-B-32", "tiny-rn", "tiny-vit", "coca_ViT-L-14");
    assertThat(names)
        .allSatisfy(name -> assertThat(ModelConfigs.load(name).name()).isEqualTo(name));
  }

  @Test
  void shouldKnowTheDefaultsThatOpenClipHas() {
    ModelConfig config = ModelConfigs.load("ViT-B/32");
    assertThat(config.name()).isEqualTo("ViT-B-32");
    assertThat(config.vision().headWidth()).isEqualTo(64);
    assertThat(config.vision().mlpRatio()).isEqualTo(4);
    assertThat(config.vision().poolType()).isEqualTo("tok");
    assertThat(config.text().poolType()).isEqualTo("argmax");
    assertThat(config.text().normEps()).isEqualTo(1e-5);
    assertThat(config.initLogitScale()).isEqualTo(Math.log(1 / 0.07));
    assertThat(config.initLogitBias()).isNull();
  }

  @Test
  void shouldNameEveryProblemOfAFileAtOnce() {
    Path file =
        write(
            "{\"embed_dim\": 0, \"vision_cfg\": {\"widht\": 64, \"layers\": \"two\"},"
                + " \"text_cfg\": {\"heads\": 7, \"act_kwargs\": {\"approximate\": \"sinh\"},"
                + " \"qk_norm\": true}, \"quick_gelo\": true}");
    assertThatThrownBy(() -> ModelConfigs.load(file.toString()))
        .isInstanceOf(ConfigException.class)
        .hasMessage(
            file
                + ": 7 problems\n"
                + "  embed_dim: 0 (expected: a whole number >= 1)\n"
                + "  vision_cfg.layers: \"two\" (expected: a whole number >= 1 or a list of 4 of"
                + " them)\n"
                + "  vision_cfg.widht: unknown key (did you mean width?)\n"
                + "  text_cfg.act_kwargs.approximate: \"sinh\" (expected: one of none, tanh)\n"
                + "  text_cfg.qk_norm: true is not supported (expected: false, as in all built-in"
                + " models)\n"
                + "  text_cfg.heads: 7 (expected: a divisor of width 512)\n"
                + "  quick_gelo: unknown key (did you mean quick_gelu?)");
  }

  @Test
  void shouldNameMissingSections() {
    Path file = write("{\"embed_dim\": 8}");
    assertThatThrownBy(() -> ModelConfigs.load(file.toString()))
        .hasMessageContaining("vision_cfg: missing")
        .hasMessageContaining("text_cfg: missing");
  }

  @Test
  void shouldNameTheLineOfBrokenJson() {
    Path file = write("{\n  \"embed_dim\": 8,\n}");
    assertThatThrownBy(() -> ModelConfigs.load(file.toString()))
        .hasMessageStartingWith(file + ": line 3: ");
  }

  @Test
  void shouldSuggestTheNameThatWasMeant() {
    assertThatThrownBy(() -> ModelConfigs.load("ViT-B32"))
        .hasMessageContaining("model: ViT-B32: no such file")
        .hasMessageContaining("did you mean ViT-B-32?");
  }

  @Test
  void shouldTakeTheModelOutOfAnExportedConfiguration() {
    Path file =
        write(
            "{\"model_cfg\": {\"embed_dim\": 8, \"vision_cfg\": {}, \"text_cfg\": {}},"
                + " \"preprocess_cfg\": {}}");
    assertThat(ModelConfigs.load(file.toString()).embedDim()).isEqualTo(8);
  }

  @Test
  void shouldApplyTheOptionsOfTheCommandLine() {
    ModelConfig config =
        ModelConfigs.load("ViT-B-32")
            .with(new ModelOverrides(true, true, 0.5, List.of(256, 192), 40, null, null));
    assertThat(config.quickGelu()).isTrue();
    assertThat(config.hasTextPrefix()).isTrue();
    assertThat(config.vision().patchDropout()).isEqualTo(0.5);
    assertThat(config.vision().imageHeight()).isEqualTo(256);
    assertThat(config.vision().imageWidth()).isEqualTo(192);
    assertThat(config.text().contextLength()).isEqualTo(40);
    assertThat(ModelConfigs.load("ViT-B-32").quickGelu()).isFalse();
  }

  @Test
  void shouldTellNullFromAbsentInTimmsProjection() {
    assertThat(ModelConfigs.load("ViTamin-S").vision().timm().proj()).isEqualTo("linear");
    assertThat(ModelConfigs.load("MobileCLIP2-L-14").vision().timm().proj()).isEmpty();
    assertThat(ModelConfigs.load("ViT-B-16-SigLIP").vision().timm().proj()).isEqualTo("none");
  }

  @Test
  void shouldSayWhyAModelIsNotSupported() {
    ModelConfig config = ModelConfigs.load("swin_base_patch4_window7_224");
    assertThatThrownBy(() -> ClipModels.create(config))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("Swin's shifted windows");
  }

  private Path write(String json) {
    try {
      return Files.writeString(folder.resolve("mine.json"), json);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
