package dev.troupe.nn.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.model.ClipModels;
import dev.troupe.nn.model.ModelConfig;
import dev.troupe.nn.torch.Torch;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Real models, small enough for a test. */
final class TinyModels {
  static final int IMAGE = 32;
  static final int CONTEXT = 12;
  static final int VOCABULARY = 300;

  private TinyModels() {}

  static ModelConfig vit() {
    return config(
        "tiny-vit",
        "{'layers': 2, 'width': 32, 'head_width': 16, 'patch_size': 8, 'image_size': 32}");
  }

  static ModelConfig vitWithPatchDropout() {
    return config(
        "tiny-vit-drop",
        "{'layers': 2, 'width': 32, 'head_width': 16, 'patch_size': 8, 'image_size': 32,"
            + " 'patch_dropout': 0.5}");
  }

  static ModelConfig resNet() {
    return config("tiny-rn", "{'layers': [1, 1, 1, 1], 'width': 8, 'image_size': 32}");
  }

  private static ModelConfig config(String name, String vision) {
    String json =
        "{'embed_dim': 16, 'vision_cfg': "
            + vision
            + ", 'text_cfg': {'context_length': 12, 'vocab_size': 300, 'width': 32, 'heads': 2,"
            + " 'layers': 2}}";
    try {
      return ModelConfig.of(
          name, (ObjectNode) new ObjectMapper().readTree(json.replace('\'', '"')), name);
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  /** A model with its first weights, the same for the same seed. */
  static ClipModel create(ModelConfig config, long seed) {
    Torch.load();
    try (PointerScope scope = new PointerScope()) {
      synchronized (TinyModels.class) {
        torch.manual_seed(seed);
        ClipModel model = ClipModels.create(config);
        model.initialize();
        return model;
      }
    }
  }

  /** A model of the same weights. */
  static ClipModel copy(ClipModel model) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      ClipModel copy = ClipModels.create(model.config());
      Map<String, Tensor> from = model.state();
      copy.state().forEach((name, tensor) -> tensor.copy_(from.get(name)));
      return copy;
    }
  }
}
