package dev.troupe.nn.model.tower.fastvit;

import dev.troupe.nn.core.DropPath;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.torch.TensorScope;
import org.bytedeco.pytorch.Tensor;

/**
 * A metaformer block (Yu et al. 2022) that mixes places by convolution: RepMixer, x + γ·(mixer(x) −
 * norm(x)), then x + γ·MLP(x).
 *
 * <p>Shapes: B samples, C channels, H×W places.
 */
final class MixerBlock extends Layer {
  private final MobileOneBlock norm;
  private final MobileOneBlock mixer;
  private final GridScale mixerScale;
  private final ConvMlp mlp;
  private final GridScale scale;
  private final DropPath dropPath;

  MixerBlock(FastVit.Spec spec, long width, double dropPath) {
    this.norm =
        child(
            "token_mixer.norm",
            MobileOneBlock.of(width, width, 3).depthwise().onlyIdentity().linear().build());
    this.mixer =
        child("token_mixer.mixer", MobileOneBlock.of(width, width, 3).depthwise().linear().build());
    this.mixerScale = child("token_mixer.layer_scale", new GridScale(width));
    this.mlp = child("mlp", new ConvMlp(width, spec.mlpRatio() * width));
    this.scale = child("layer_scale", new GridScale(width));
    this.dropPath = child("drop_path", new DropPath(dropPath));
  }

  Tensor forward(Tensor x_BCHW) {
    try (TensorScope scope = new TensorScope()) {
      Tensor mixed = mixer.forward(x_BCHW).sub(norm.forward(x_BCHW));
      Tensor y_BCHW = x_BCHW.add(mixerScale.forward(mixed));
      Tensor z_BCHW = scale.forward(mlp.forward(y_BCHW));
      return scope.keep(y_BCHW.add(dropPath.forward(z_BCHW)));
    }
  }
}
