package dev.troupe.nn.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.loss.LossSettings;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ClipModels;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.optim.AdamWSettings;
import dev.troupe.nn.torch.Torch;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Loss, every parameter's gradient and five clipped AdamW steps from the same start, against values
 * that OpenCLIP computed (make_peer_goldens.py).
 */
@Timeout(60)
class PeerParityTest {
  private static final double TOLERANCE = 1e-3;

  /**
   * Biases that start near 0 move by the learning rate whatever their gradient: 5 steps of 1e-3.
   */
  private static final double SMALLEST_SCALE = 0.02;

  @ParameterizedTest
  @ValueSource(strings = {"vit", "rn", "siglip"})
  void shouldAgreeWithOpenClip(String name) throws Exception {
    JsonNode golden = read("peer-" + name + ".json");
    Torch.load();
    Torch.threads(1);
    try (PointerScope scope = new PointerScope();
        ClipTrainer trainer = trainer(name, golden);
        Collectives alone = Collectives.alone("cpu")) {
      trainer.join(alone);
      int batch = golden.get("batch").asInt();
      int size = golden.at("/config/vision_cfg/image_size").asInt();
      try (PointerScope inner = new PointerScope()) {
        Map<String, Tensor> gradients = trainer.gradients(input(0, batch, size)).gradients();
        compare(golden.get("gradients"), gradients, 1e-12);
      }
      restart(trainer.model());
      double lr = golden.get("lr").asDouble();
      for (int step = 0; step < golden.get("losses").size(); step++) {
        StepOutcome outcome = trainer.step(input(step, batch, size), lr, 0);
        double loss = golden.get("losses").get(step).asDouble();
        double norm = golden.get("norms").get(step).asDouble();
        assertThat(outcome.loss()).isCloseTo(loss, offset(TOLERANCE * loss));
        assertThat(outcome.gradNorm()).isCloseTo(norm, offset(TOLERANCE * norm));
      }
      compare(golden.get("after"), trainer.model().state(), SMALLEST_SCALE);
    }
  }

  private static ClipTrainer trainer(String name, JsonNode golden) {
    ModelConfig config =
        ModelConfig.of("golden-" + name, (ObjectNode) golden.get("config"), "golden");
    ClipModel model = ClipModels.create(config);
    restart(model);
    TrainerSettings settings =
        new TrainerSettings(
            "cpu",
            Precision.FP32,
            new AdamWSettings(0.9, 0.98, 1e-6, 0.2),
            name.equals("siglip") ? LossSettings.sigLip() : LossSettings.clip(),
            1,
            0,
            1.0,
            0,
            TrainerSettings.OPENAI_MEAN,
            TrainerSettings.OPENAI_STD);
    return new ClipTrainer(model, settings, 0);
  }

  private static void compare(JsonNode golden, Map<String, Tensor> actual, double smallestScale) {
    assertThat(golden.size()).isGreaterThan(20);
    golden
        .fields()
        .forEachRemaining(
            entry -> {
              String name = entry.getKey();
              assertThat(actual).containsKey(name);
              float[] values = Gradients.numbers(actual.get(name));
              JsonNode wanted = entry.getValue().get("values");
              double norm = entry.getValue().get("norm").asDouble();
              double scale = smallestScale;
              for (JsonNode value : wanted) {
                scale = Math.max(scale, Math.abs(value.asDouble()));
              }
              scale = Math.max(scale, norm / Math.sqrt(values.length));
              double squares = 0;
              for (float value : values) {
                squares += (double) value * value;
              }
              if (!name.contains("attn.in_proj_bias") && !name.endsWith("k_proj.bias")) {
                assertThat(Math.sqrt(squares))
                    .as("norm of %s", name)
                    .isCloseTo(norm, offset(TOLERANCE * scale * Math.sqrt(values.length)));
              }
              for (int i = 0; i < wanted.size(); i++) {
                int at = (int) ((long) i * values.length / wanted.size());
                if (!Gradients.isKeyBias(name, at, values.length)) {
                  assertThat((double) values[at])
                      .as("%s[%d]", name, at)
                      .isCloseTo(wanted.get(i).asDouble(), offset(TOLERANCE * scale));
                }
              }
            });
  }

  private static StepInput input(int step, int batch, int size) {
    int pixels = batch * size * size * 3;
    ByteBuffer images = ByteBuffer.allocateDirect(pixels);
    for (double value : noise("pixels " + step, pixels)) {
      images.put((byte) (int) Math.floor((value + 0.5) * 256));
    }
    ByteBuffer tokens = ByteBuffer.allocateDirect(batch * 8 * 4).order(ByteOrder.nativeOrder());
    double[] words = noise("words " + step, batch * 8);
    int longest = 0;
    for (int row = 0; row < batch; row++) {
      int end = 2 + row % 4;
      longest = Math.max(longest, end + 1);
      for (int i = 0; i < 8; i++) {
        int word = (int) Math.floor((words[row * 8 + i] + 0.5) * 97) + 1;
        tokens.putInt(i == 0 ? 98 : i < end ? word : i == end ? 99 : 0);
      }
    }
    return new StepInput(batch, images.flip(), true, size, tokens.flip(), 8, longest);
  }

  private static void restart(ClipModel model) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      model
          .state()
          .forEach(
              (name, tensor) -> {
                float[] values = start(name, tensor);
                Tensor filled =
                    torch.from_blob(new FloatPointer(values), tensor.sizes().vec().get());
                tensor.copy_(filled);
              });
    }
  }

  private static float[] start(String name, Tensor tensor) {
    int count = (int) tensor.numel();
    float[] values = new float[count];
    double[] noise = noise(name, count);
    boolean matrix = tensor.dim() >= 2;
    for (int i = 0; i < count; i++) {
      if (name.endsWith("running_mean") || name.endsWith("num_batches_tracked")) {
        values[i] = 0;
      } else if (name.endsWith("running_var")) {
        values[i] = 1;
      } else if (name.equals("logit_scale")) {
        values[i] = 2.5f;
      } else if (name.equals("logit_bias")) {
        values[i] = -3;
      } else if (matrix) {
        values[i] = (float) (noise[i] * 2 / Math.sqrt(count / (double) tensor.size(0)));
      } else {
        values[i] = (float) (noise[i] * 0.2 + (name.contains("bias") ? 0 : 1));
      }
    }
    return values;
  }

  private static double[] noise(String name, int count) {
    CRC32 crc = new CRC32();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      long x = (i * 2654435761L + crc.getValue()) & 0xFFFFFFFFL;
      x ^= x >> 15;
      x = (x * 2246822519L) & 0xFFFFFFFFL;
      x ^= x >> 13;
      values[i] = x / 4294967296.0 - 0.5;
    }
    return values;
  }

  static JsonNode read(String resource) throws Exception {
    try (InputStream in = PeerParityTest.class.getResourceAsStream(resource)) {
      return new ObjectMapper().readTree(in);
    }
  }
}
