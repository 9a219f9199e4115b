package dev.troupe.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.troupe.nn.collective.Ranks;
import dev.troupe.nn.torch.TensorScope;
import dev.troupe.nn.torch.Torch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GradientBucketsTest {
  private static Map<String, Tensor> parameters() {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    for (String name :
        List.of("logit_scale", "visual.conv1", "visual.block", "embedding", "text")) {
      parameters.put(name, torch.ones(2, 3).requires_grad_(true));
    }
    return parameters;
  }

  @Test
  void shouldSendWhatTheBackwardPassMakesFirst() {
    Torch.load();
    assertThat(BucketPlan.of(parameters(), 12))
        .containsExactly(
            List.of("text", "logit_scale"),
            List.of("embedding", "visual.block"),
            List.of("visual.conv1"));
    assertThat(BucketPlan.of(parameters(), 1)).hasSize(5);
  }

  @Test
  void shouldAddUpPassesAndRanksAndLeaveOutWhatNobodyHas() throws Exception {
    List<Map<String, Float>> reduced =
        Ranks.run(
            3,
            group -> {
              Map<String, Tensor> parameters = parameters();
              try (GradientBuckets buckets = new GradientBuckets(parameters, group, 7)) {
                Map<String, Float> sums = Map.of();
                for (int repetition = 0; repetition < 2; repetition++) {
                  GradientSum sum =
                      new GradientSum(
                          parameters, Map.of("logit_scale", torch.ones(2, 3).mul(new Scalar(5.0))));
                  // Ranks 0 and 1 make two passes; only rank 1 uses the embedding; rank 2 is empty.
                  for (int pass = 0; group.rank() < 2 && pass < 2; pass++) {
                    if (pass == 1) {
                      buckets.arm(sum);
                    }
                    try (TensorScope scope = new TensorScope()) {
                      sum.add(backward(parameters, group.rank()), pass == 1, scope);
                    }
                  }
                  if (group.rank() == 2) {
                    buckets.arm(sum);
                  }
                  Map<String, Float> result = new LinkedHashMap<>();
                  buckets
                      .reduce()
                      .forEach((name, tensor) -> result.put(name, Gradients.numbers(tensor)[5]));
                  sums = result;
                }
                return sums;
              }
            });

    Map<String, Float> expected =
        Map.of("logit_scale", 15f, "visual.block", 8f, "embedding", 6f, "text", 4f);
    assertThat(reduced).allSatisfy(sums -> assertThat(sums).isEqualTo(expected));
  }

  private static TensorVector backward(Map<String, Tensor> parameters, int rank) {
    Tensor used = parameters.get("text").add(parameters.get("visual.block").mul(new Scalar(2.0)));
    if (rank == 1) {
      used = used.add(parameters.get("embedding").mul(new Scalar(3.0)));
    }
    Tensor loss = used.sum();
    TensorVector inputs = new TensorVector();
    parameters.values().forEach(inputs::push_back);
    return torch.grad(
        new TensorVector(loss), inputs, new TensorVector(), new BoolOptional(), false, true);
  }
}
