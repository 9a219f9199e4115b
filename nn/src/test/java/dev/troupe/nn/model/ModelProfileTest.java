package dev.troupe.nn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.troupe.nn.core.Allocation;
import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.torch.Torch;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every configuration at full size against what OpenCLIP builds of it, without memory for weights.
 */
class ModelProfileTest {
  private static Map<String, String[]> openClip;

  @BeforeAll
  static void load() throws IOException {
    Torch.load();
    try (InputStream in = ModelProfileTest.class.getResourceAsStream("clip/profiles.csv")) {
      openClip =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .map(line -> line.split(","))
              .collect(Collectors.toMap(row -> row[0], row -> row));
    }
  }

  @Test
  void shouldCountParametersAndFlopsAsOpenClipDoes() {
    int supported = 0;
    for (Map.Entry<String, String[]> entry : openClip.entrySet()) {
      ModelProfile profile = ModelProfile.of(ModelConfigs.load(entry.getKey()));
      if (!profile.supported()) {
        continue;
      }
      supported++;
      String[] row = entry.getValue();
      assertThat(profile.parameters()).as(row[0]).isEqualTo(Long.parseLong(row[1]));
      assertThat(profile.imageParameters()).as(row[0]).isEqualTo(Long.parseLong(row[2]));
      assertClose(row[0], profile.imageGflops(), Double.parseDouble(row[3]));
      assertClose(row[0], profile.textGflops(), Double.parseDouble(row[4]));
    }
    assertThat(supported).isEqualTo(131);
  }

  @Test
  void shouldNameAndShapeEveryTensorAsOpenClipDoes() {
    openClip.forEach(
        (name, row) -> {
          ModelConfig config = ModelConfigs.load(name);
          if (ModelProfile.of(config).supported()) {
            assertThat(checksum(config)).as(name).isEqualTo(Long.parseLong(row[5]));
          }
        });
  }

  @Test
  void shouldSupportAllBuiltInModelsButThree() {
    Stream<ModelProfile> profiles =
        ModelConfigs.names().stream().map(ModelConfigs::load).map(ModelProfile::of);
    assertThat(profiles.filter(profile -> !profile.supported()))
        .extracting(ModelProfile::name, ModelProfile::family)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("swin_base_patch4_window7_224", "Swin"),
            org.assertj.core.groups.Tuple.tuple("vit_medium_patch16_gap_256", "timm ViT"),
            org.assertj.core.groups.Tuple.tuple(
                "vit_relpos_medium_patch16_cls_224", "ViT with relative positions"));
  }

  private static void assertClose(String name, double actual, double expected) {
    assertThat(actual).as(name).isCloseTo(expected, within(2e-3 * expected));
  }

  private static long checksum(ModelConfig config) {
    try (TensorScope scope = new TensorScope();
        ClipModel model = Allocation.on("meta", () -> ClipModels.create(config))) {
      String lines =
          model.state().entrySet().stream()
              .map(entry -> entry.getKey() + shape(entry.getValue()))
              .sorted()
              .collect(Collectors.joining("\n"));
      CRC32 crc = new CRC32();
      crc.update(lines.getBytes(StandardCharsets.UTF_8));
      return crc.getValue();
    }
  }

  private static String shape(Tensor tensor) {
    long[] shape = new long[(int) tensor.dim()];
    Arrays.setAll(shape, tensor::size);
    return Arrays.toString(shape).replace(" ", "");
  }
}
