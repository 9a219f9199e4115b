package dev.troupe.nn.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.nn.core.Allocation;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ClipModels;
import dev.troupe.nn.model.ModelConfigs;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LayoutsTest {
  @ParameterizedTest
  @CsvSource({
    "big-vision.npz, big-vision.safetensors",
    "big-vision-stacked.npz, big-vision-stacked.safetensors"
  })
  void shouldConvertBigVisionAsOpenClipDoes(String from, String expected) {
    assertConverted(new BigVision(), from, expected, "visual.trunk.cls_token");
  }

  @ParameterizedTest
  @CsvSource({
    "mobile-fastvit.safetensors, mobile-fastvit-openclip.safetensors",
    "mobile-vit.safetensors, mobile-vit-openclip.safetensors"
  })
  void shouldConvertMobileClipAsOpenClipDoes(String from, String expected) {
    assertConverted(new MobileClip(), from, expected, "");
  }

  private static void assertConverted(
      Layout layout, String from, String expectedFile, String absent) {
    try (PointerScope scope = new PointerScope();
        WeightsFile file = WeightsFiles.open(Goldens.path(from));
        SafetensorsFile expected = SafetensorsFile.open(Goldens.path(expectedFile))) {
      Map<String, StoredTensor> state = StoredTensor.of(file);
      assertThat(layout.matches(state)).isTrue();
      Map<String, StoredTensor> converted = layout.convert(state, Set.of());
      assertThat(converted.keySet()).containsExactlyInAnyOrderElementsOf(expected.names());
      for (String name : expected.names()) {
        assertThat(converted.get(name).shape()).as(name).isEqualTo(expected.shape(name));
        Goldens.assertSameBits(name, converted.get(name).read().get(), expected.tensor(name));
      }
      assertThat(converted).doesNotContainKey(absent);
    }
  }

  @Test
  void shouldComputeTheFeaturesOfAHuggingFaceClip() {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard();
        ClipModel model =
            ClipModels.create(ModelConfigs.load(Goldens.path("hf-clip/model.json").toString()));
        SafetensorsFile expected =
            SafetensorsFile.open(Goldens.path("hf-clip/expected.safetensors"))) {
      LoadReport report =
          Weights.load(Goldens.path("hf-clip/model.safetensors"), model, LoadOptions.PRETRAINED);
      assertThat(report.layout()).isEqualTo("Hugging Face CLIP");
      model.train(false);
      assertClose(model.encodeImage(expected.tensor("images")), expected.tensor("image_features"));
      assertClose(model.encodeText(expected.tensor("tokens")), expected.tensor("text_features"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai-vit", "openai-rn"})
  void shouldComputeTheFeaturesOfAnArchiveAsOpenAiPublishesThem(String name) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard();
        ClipModel model =
            ClipModels.create(ModelConfigs.load(Goldens.path(name + ".json").toString()));
        WeightsFile archive = WeightsFiles.open(Goldens.path(name + ".pt"));
        SafetensorsFile expected = SafetensorsFile.open(Goldens.path(name + ".safetensors"))) {
      assertThat(archive.dtype("visual.conv1.weight")).isEqualTo(DType.F16);
      assertThat(archive.names()).doesNotContain("input_resolution", "vocab_size");
      LoadReport report = Weights.load(archive, model, LoadOptions.PRETRAINED);
      assertThat(report.loaded()).isEqualTo(model.state().size());
      model.train(false);
      assertClose(model.encodeImage(expected.tensor("images")), expected.tensor("image_features"));
      assertClose(model.encodeText(expected.tensor("tokens")), expected.tensor("text_features"));
    }
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    double largest = expected.abs().max().item_double();
    assertThat(actual.sub(expected).abs().max().item_double()).isLessThan(1e-4 * largest);
  }

  @Test
  void shouldFindAPlaceForEachTensorOfAHuggingFaceSigLip() {
    long width = 768;
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("logit_scale", new long[] {1});
    shapes.put("logit_bias", new long[] {1});
    shapes.put("vision_model.embeddings.patch_embedding.weight", new long[] {width, 3, 16, 16});
    shapes.put("vision_model.embeddings.patch_embedding.bias", new long[] {width});
    shapes.put("vision_model.embeddings.position_embedding.weight", new long[] {196, width});
    shapes.put("vision_model.head.probe", new long[] {1, 1, width});
    shapes.put("vision_model.head.attention.in_proj_weight", new long[] {3 * width, width});
    shapes.put("vision_model.head.attention.in_proj_bias", new long[] {3 * width});
    linear(shapes, "vision_model.head.attention.out_proj", width, width);
    linear(shapes, "vision_model.head.mlp.fc1", 4 * width, width);
    linear(shapes, "vision_model.head.mlp.fc2", width, 4 * width);
    norm(shapes, "vision_model.head.layernorm", width);
    norm(shapes, "vision_model.post_layernorm", width);
    shapes.put("text_model.embeddings.token_embedding.weight", new long[] {32000, width});
    shapes.put("text_model.embeddings.position_embedding.weight", new long[] {64, width});
    norm(shapes, "text_model.final_layer_norm", width);
    linear(shapes, "text_model.head", width, width);
    for (String tower : new String[] {"vision_model", "text_model"}) {
      for (int i = 0; i < 12; i++) {
        String layer = tower + ".encoder.layers." + i + ".";
        for (String part : new String[] {"q_proj", "k_proj", "v_proj", "out_proj"}) {
          linear(shapes, layer + "self_attn." + part, width, width);
        }
        norm(shapes, layer + "layer_norm1", width);
        norm(shapes, layer + "layer_norm2", width);
        linear(shapes, layer + "mlp.fc1", 4 * width, width);
        linear(shapes, layer + "mlp.fc2", width, 4 * width);
      }
    }
    Map<String, StoredTensor> state = new LinkedHashMap<>();
    shapes.forEach((name, shape) -> state.put(name, new StoredTensor(shape, () -> null)));
    try (PointerScope scope = new PointerScope();
        ClipModel model =
            Allocation.on("meta", () -> ClipModels.create(ModelConfigs.load("ViT-B-16-SigLIP")))) {
      Map<String, Tensor> target = model.state();
      Layouts.Result result = Layouts.toOpenClip(state, model.config(), target);
      assertThat(result.layout()).isEqualTo("Hugging Face SigLIP");
      assertThat(result.state().keySet()).containsExactlyInAnyOrderElementsOf(target.keySet());
      target.forEach(
          (name, tensor) -> {
            if (tensor.numel() > 1) {
              assertThat(result.state().get(name).shape())
                  .as(name)
                  .isEqualTo(Safetensors.shape(tensor));
            }
          });
    }
  }

  private static void linear(Map<String, long[]> shapes, String name, long out, long in) {
    shapes.put(name + ".weight", new long[] {out, in});
    shapes.put(name + ".bias", new long[] {out});
  }

  private static void norm(Map<String, long[]> shapes, String name, long width) {
    shapes.put(name + ".weight", new long[] {width});
    shapes.put(name + ".bias", new long[] {width});
  }
}
