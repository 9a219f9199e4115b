package dev.troupe.nn.train;

import dev.troupe.nn.model.ClipModel;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The loss of a batch in the plainest way: one graph, every token, the papers' formulas. */
final class DirectLoss {
  private DirectLoss() {}

  static Gradients of(ClipModel model, Batch batch, boolean siglip) {
    try (PointerScope scope = new PointerScope()) {
      Tensor logits = logits(model, batch);
      Tensor loss;
      if (siglip) {
        Tensor signs =
            torch
                .eye(batch.size())
                .mul(new Scalar(2.0))
                .sub(torch.ones(batch.size(), batch.size()));
        loss = torch.log_sigmoid(logits.mul(signs)).sum().mul(new Scalar(-1.0 / batch.size()));
      } else {
        Tensor labels = torch.arange(new Scalar((long) batch.size()));
        loss =
            torch
                .cross_entropy_loss(logits, labels)
                .add(torch.cross_entropy_loss(logits.t(), labels))
                .mul(new Scalar(0.5));
      }
      loss.backward();
      Map<String, Tensor> gradients = new LinkedHashMap<>();
      model
          .parameters()
          .forEach(
              (name, parameter) -> {
                gradients.put(name, parameter.grad().clone());
                parameter.mutable_grad().reset();
              });
      return Gradients.of(loss.item().toDouble(), gradients);
    }
  }

  private static Tensor logits(ClipModel model, Batch batch) {
    long s = batch.imageSize();
    Tensor pixels =
        torch
            .from_blob(
                new BytePointer(batch.images()),
                new long[] {batch.size(), s, s, 3},
                new TensorOptions(ScalarType.Byte))
            .permute(0, 3, 1, 2)
            .to(ScalarType.Float)
            .div(new Scalar(255.0));
    Tensor mean = torch.tensor(TrainerSettings.OPENAI_MEAN).view(3, 1, 1);
    Tensor std = torch.tensor(TrainerSettings.OPENAI_STD).view(3, 1, 1);
    Tensor tokens =
        torch
            .from_blob(
                new IntPointer(batch.tokens().asIntBuffer()),
                new long[] {batch.size(), TinyModels.CONTEXT},
                new TensorOptions(ScalarType.Int))
            .to(ScalarType.Long);
    Tensor images = unit(model.encodeImage(pixels.sub(mean).div(std)));
    Tensor texts = unit(model.encodeText(tokens));
    return torch.matmul(images, texts.t()).mul(model.logitScale().exp());
  }

  private static Tensor unit(Tensor features) {
    return features.div(features.mul(features).sum(1).sqrt().unsqueeze(1));
  }
}
