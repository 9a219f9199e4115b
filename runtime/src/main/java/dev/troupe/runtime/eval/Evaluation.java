package dev.troupe.runtime.eval;

import dev.troupe.data.image.ImageTransforms;
import dev.troupe.data.stream.DataSpec;
import dev.troupe.data.stream.ValidationData;
import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import dev.troupe.runtime.wiring.DataStreams;
import java.util.Map;
import java.util.function.IntConsumer;

/** Evaluates a model outside of a run. */
public final class Evaluation {
  private Evaluation() {}

  /**
   * Retrieval among the pairs of a data set.
   *
   * @param encoded told how many pairs are encoded
   * @return metrics by OpenCLIP's names
   */
  public static Map<String, Double> retrieval(
      LoadedModel model, DataStreams streams, DataSpec spec, int batchSize, IntConsumer encoded)
      throws InterruptedException {
    try (ValidationData data =
            streams
                .factory()
                .validation(
                    spec, ImageTransforms.validation(model.preprocess()), model.tokenizer());
        Collectives alone = Collectives.alone("cpu")) {
      return new RetrievalEvaluation(model.model(), model.encoder(), data, batchSize)
          .run(alone, encoded);
    } catch (CollectiveException e) {
      throw new IllegalStateException("a group of one cannot break", e);
    }
  }
}
