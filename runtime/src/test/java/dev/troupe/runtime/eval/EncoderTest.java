package dev.troupe.runtime.eval;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.troupe.data.image.Preprocess;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ClipModels;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.torch.Torch;
import dev.troupe.nn.train.Precision;
import dev.troupe.nn.train.WeightCast;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Random;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EncoderTest {
  private static final int N = 6;
  private static final int SIZE = 64;
  private static final int CONTEXT = 16;

  private static ModelConfig config;

  @BeforeAll
  static void load() throws IOException {
    Torch.load();
    JsonNode json =
        new ObjectMapper().readTree(Path.of("../configs/models/tiny-vit.json").toFile());
    config = ModelConfig.of("tiny-vit", (ObjectNode) json);
  }

  @ParameterizedTest
  @EnumSource(
      value = Precision.class,
      names = {"AMP_BF16", "BF16", "PURE_BF16"})
  void shouldEncodeInTheAskedPrecision(Precision precision) {
    try (TensorScope scope = new TensorScope()) {
      Tensor[] exact = features(Precision.FP32);
      Tensor[] rough = features(precision);
      for (int tower = 0; tower < 2; tower++) {
        Tensor cosine = torch.cosine_similarity(exact[tower], rough[tower]);
        assertThat(cosine.min().item_double()).isGreaterThan(0.999);
        assertThat(rough[tower].equal(exact[tower])).isFalse();
      }
    }
  }

  /** Features of images and texts by the same model. */
  private static Tensor[] features(Precision precision) {
    Device device = new Device("cpu");
    torch.manual_seed(0);
    try (ClipModel model = ClipModels.create(config)) {
      model.initialize();
      model.train(false);
      WeightCast.apply(model, device, precision);
      try (Encoder encoder = new Encoder(model, device, precision, Preprocess.of(SIZE))) {
        return new Tensor[] {
          encoder.images(pixels(), N, SIZE), encoder.texts(tokens(), N, CONTEXT, CONTEXT)
        };
      }
    }
  }

  private static ByteBuffer pixels() {
    byte[] bytes = new byte[N * SIZE * SIZE * 3];
    new Random(1).nextBytes(bytes);
    return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
  }

  private static ByteBuffer tokens() {
    ByteBuffer tokens =
        ByteBuffer.allocateDirect(N * CONTEXT * Integer.BYTES).order(ByteOrder.nativeOrder());
    Random random = new Random(2);
    for (int i = 0; i < N * CONTEXT; i++) {
      boolean last = i % CONTEXT == CONTEXT - 1;
      tokens.putInt(i * Integer.BYTES, last ? 49407 : random.nextInt(49000));
    }
    return tokens;
  }
}
