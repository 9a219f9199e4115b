package dev.troupe.runtime.eval;

import dev.troupe.data.stream.Slice;
import dev.troupe.data.stream.SliceStream;
import dev.troupe.data.stream.ValidationData;
import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.nn.model.ClipModel;
import dev.troupe.nn.torch.TensorScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Retrieval over a validation set, shared among the ranks: each encodes its part, all gather the
 * features, and every rank computes the same metrics.
 *
 * <p>Besides {@link RetrievalMetrics}: {@code clip_val_loss} (the contrastive loss within batches,
 * as OpenCLIP's trainer reports it), {@code num_samples}.
 */
public final class RetrievalEvaluation {
  private final ClipModel model;
  private final Encoder encoder;
  private final ValidationData data;
  private final int batchSize;

  public RetrievalEvaluation(ClipModel model, Encoder encoder, ValidationData data, int batchSize) {
    this.model = model;
    this.encoder = encoder;
    this.data = data;
    this.batchSize = batchSize;
  }

  /**
   * Evaluates; the model is in training mode again afterwards if it was before.
   *
   * @param group the ranks that share the work; all must call
   * @param progress told how many samples this rank has encoded
   * @return metrics by OpenCLIP's names
   */
  public Map<String, Double> run(Collectives group, IntConsumer progress)
      throws CollectiveException, InterruptedException {
    boolean wasTraining = model.isTraining();
    model.train(false);
    try (TensorScope scope = new TensorScope();
        NoGradGuard noGrad = new NoGradGuard()) {
      return evaluate(group, progress);
    } finally {
      model.train(wasTraining);
    }
  }

  private Map<String, Double> evaluate(Collectives group, IntConsumer progress)
      throws CollectiveException, InterruptedException {
    List<Tensor> images = new ArrayList<>();
    List<Tensor> texts = new ArrayList<>();
    double lossSum = 0;
    int seen = 0;
    try (SliceStream slices = data.open(batchSize, group.rank(), group.worldSize())) {
      for (Slice next = slices.next(); next != null; next = slices.next()) {
        try (Slice slice = next) {
          if (slice.size() > 0) {
            Tensor images_ND = Features.normalize(encoder.images(slice));
            Tensor texts_ND = Features.normalize(encoder.texts(slice));
            lossSum += contrastiveLoss(images_ND, texts_ND) * slice.size();
            images.add(images_ND);
            texts.add(texts_ND);
            seen += slice.size();
          }
        }
        progress.accept(seen);
      }
    }
    long[][] totals = group.allGather(seen, Double.doubleToRawLongBits(lossSum));
    long[] counts = new long[totals.length];
    double allLoss = 0;
    long all = 0;
    for (int rank = 0; rank < totals.length; rank++) {
      counts[rank] = totals[rank][0];
      all += counts[rank];
      allLoss += Double.longBitsToDouble(totals[rank][1]);
    }
    Tensor allImages_ND = group.allGather(concatenate(images), counts);
    Tensor allTexts_ND = group.allGather(concatenate(texts), counts);
    Map<String, Double> metrics =
        new LinkedHashMap<>(RetrievalMetrics.of(allImages_ND, allTexts_ND));
    metrics.put("clip_val_loss", all == 0 ? Double.NaN : allLoss / all);
    metrics.put("num_samples", (double) all);
    return metrics;
  }

  private Tensor concatenate(List<Tensor> rows) {
    if (rows.isEmpty()) {
      return torch.zeros(0, model.config().embedDim());
    }
    return torch.cat(new TensorVector(rows.toArray(new Tensor[0])), 0);
  }

  private double contrastiveLoss(Tensor images_ND, Tensor texts_ND) {
    try (PointerScope scope = new PointerScope()) {
      Tensor scale = model.logitScale().exp().cpu();
      Tensor logits = images_ND.matmul(texts_ND.t()).mul(scale);
      if (model.logitBias() != null) {
        logits = logits.add(model.logitBias().cpu());
      }
      Tensor labels = torch.arange(new Scalar(images_ND.size(0)));
      Tensor loss =
          torch
              .cross_entropy_loss(logits, labels)
              .add(torch.cross_entropy_loss(logits.t(), labels))
              .div(new Scalar(2));
      return loss.item_double();
    }
  }
}
