package dev.troupe.runtime.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.torch.Torch;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RetrievalMetricsTest {
  @BeforeAll
  static void load() {
    Torch.load();
  }

  @Test
  void shouldFindEveryPairOfEqualFeatures() {
    try (TensorScope scope = new TensorScope()) {
      Tensor features = torch.eye(40);
      Map<String, Double> metrics = RetrievalMetrics.of(features, features);
      assertThat(metrics)
          .containsEntry("image_to_text_R@1", 1.0)
          .containsEntry("text_to_image_R@1", 1.0)
          .containsEntry("image_to_text_mean_rank", 1.0)
          .containsEntry("text_to_image_median_rank", 1.0);
    }
  }

  @Test
  void shouldRankAsASortOfTheWholeMatrixDoes() {
    // More rows than a block, so that the seam between blocks is crossed.
    try (TensorScope scope = new TensorScope()) {
      torch.manual_seed(1);
      Tensor images = Features.normalize(torch.randn(1500, 16));
      Tensor texts = Features.normalize(images.add(torch.randn(1500, 16).mul(new Scalar(0.3))));
      Map<String, Double> metrics = RetrievalMetrics.of(images, texts);
      check(metrics, "image_to_text", images.matmul(texts.t()));
      check(metrics, "text_to_image", texts.matmul(images.t()));
    }
  }

  private static void check(Map<String, Double> metrics, String direction, Tensor similarity_NN) {
    long n = similarity_NN.size(0);
    Tensor order = similarity_NN.argsort(true, -1, true);
    Tensor truth = torch.arange(new Scalar(n)).unsqueeze(1);
    Tensor ranks = order.eq(truth).nonzero().select(1, 1);
    double mean = ranks.to(torch.ScalarType.Double).mean().item_double() + 1;
    double atFive = ranks.lt(new Scalar(5)).sum().item_long() / (double) n;
    assertThat(metrics.get(direction + "_mean_rank")).isEqualTo(mean, within(1e-9));
    assertThat(metrics.get(direction + "_R@5")).isEqualTo(atFive, within(1e-9));
  }

  @Test
  void shouldPutTheFirstOfEqualCandidatesFirst() {
    try (TensorScope scope = new TensorScope()) {
      Tensor same = torch.ones(4, 2);
      Map<String, Double> metrics = RetrievalMetrics.of(same, same);
      assertThat(metrics.get("image_to_text_mean_rank")).isEqualTo(2.5);
      assertThat(metrics.get("image_to_text_R@1")).isEqualTo(0.25);
    }
  }
}
