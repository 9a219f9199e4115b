package dev.troupe.nn.model.tower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.troupe.nn.core.Allocation;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.model.Towers;
import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.torch.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What can't be built is refused in one line that names the key and what would do. */
class TowerRefusalTest {
  @BeforeAll
  static void load() {
    Torch.load();
  }

  @ParameterizedTest
  @CsvSource({
    "swin_base_patch4_window7_224, Swin",
    "vit_relpos_medium_patch16_cls_224, relative position",
    "vit_medium_patch16_gap_256, average pooling"
  })
  void shouldNameModelAndReasonWhenATrunkIsLeftOut(String name, String reason) {
    assertThat(image("'timm_model_name': '" + name + "'"))
        .contains("some-model", "timm_model_name: " + name, reason)
        .doesNotContain("\n");
  }

  @Test
  void shouldListTheKnownTrunksWhenANameIsUnknown() {
    assertThat(image("'timm_model_name': 'resnet51'"))
        .contains("timm_model_name: resnet51", "convnext_base", "fastvit_mci0");
  }

  @ParameterizedTest
  @CsvSource({
    "convnext_tiny, token, linear, timm_pool",
    "convnext_tiny, avg, none, timm_proj: none",
    "eva02_base_patch16_clip_224, rot_attn, '', timm_pool: rot_attn",
    "vitamin_small_224, token, linear, timm_pool",
    "eva02_base_patch16_clip_224, '', '', timm_pool",
    "eva02_base_patch16_clip_224, map, linear, attention pooling"
  })
  void shouldNameTheHeadThatCannotBe(String name, String pool, String proj, String message) {
    String keys = "'timm_model_name': '%s', 'timm_pool': '%s', 'timm_proj': '%s'";
    assertThat(image(keys.formatted(name, pool, proj))).contains(message, "expected");
  }

  @Test
  void shouldRefusePatchDropoutWithoutPatches() {
    assertThat(image("'timm_model_name': 'convnext_tiny', 'patch_dropout': 0.5"))
        .contains("patch_dropout: 0.5", "convnext_tiny");
  }

  @Test
  void shouldListTheKnownEncodersWhenATextTowerIsUnknown() {
    assertThat(text("'hf_model_name': 'gpt2'"))
        .contains("hf_model_name: gpt2", "roberta-base", "google/mt5-xl", "config.json");
  }

  @Test
  void shouldAskForAProjectionWhenWidthsDiffer() {
    assertThat(text("'hf_model_name': 'roberta-base', 'hf_proj_type': null"))
        .contains("hf_proj_type: null", "768", "512");
  }

  @Test
  void shouldNameFileAndKeyOfAnEncoderThatCannotBe(@TempDir Path folder) throws IOException {
    Files.writeString(
        folder.resolve("config.json"), "{\"model_type\": \"roberta\", \"hidden_act\": \"relu\"}");
    assertThat(text("'hf_model_name': '" + folder + "'"))
        .contains(folder + "/config.json: hidden_act: relu (expected: gelu)");
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"gpt2\"}");
    assertThat(text("'hf_model_name': '" + folder + "'"))
        .contains("model_type: gpt2", "xlm-roberta", "m2m_100");
  }

  private static String image(String keys) {
    return refusal("{'embed_dim': 512, 'vision_cfg': {" + keys + "}, 'text_cfg': {}}");
  }

  private static String text(String keys) {
    return refusal("{'embed_dim': 512, 'vision_cfg': {}, 'text_cfg': {" + keys + "}}");
  }

  private static String refusal(String json) {
    return assertThatIllegalArgumentException()
        .isThrownBy(
            () -> {
              try (TensorScope scope = new TensorScope();
                  Layer image = Allocation.on("meta", () -> Towers.image(config(json)));
                  Layer text = Allocation.on("meta", () -> Towers.text(config(json)))) {
                throw new AssertionError("built " + json);
              }
            })
        .actual()
        .getMessage();
  }

  private static ModelConfig config(String json) {
    try {
      String strict = json.replace('\'', '"').replace("\\", "\\\\");
      return ModelConfig.of("some-model", (ObjectNode) new ObjectMapper().readTree(strict));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(json, e);
    }
  }
}
