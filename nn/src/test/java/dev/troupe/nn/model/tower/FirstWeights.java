package dev.troupe.nn.model.tower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.troupe.nn.core.Layer;
import dev.troupe.nn.torch.TensorScope;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Compares the moments of first weights over five seeds with those of another implementation. */
public final class FirstWeights {
  private static final int SEEDS = 5;
  private static final double DEVIATIONS = 5;

  private FirstWeights() {}

  /**
   * Builds and initialises a layer with each seed and compares every tensor of its state.
   *
   * @param golden for each tensor the number of values of one draw, their mean, standard deviation
   *     and largest magnitude
   */
  public static void check(Supplier<? extends Layer> make, JsonNode golden) {
    Map<String, Moments> actual = new TreeMap<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      torch.manual_seed(seed);
      try (TensorScope scope = new TensorScope();
          Layer tower = make.get()) {
        tower.initialize();
        for (Map.Entry<String, Tensor> entry : tower.state().entrySet()) {
          Tensor values = entry.getValue().to(torch.ScalarType.Float);
          actual.computeIfAbsent(entry.getKey(), key -> new Moments()).add(Golden.values(values));
        }
      }
    }
    actual.forEach((tensor, moments) -> compare(tensor, moments, golden.get(tensor)));
  }

  private static void compare(String tensor, Moments actual, JsonNode expected) {
    double mean = expected.get(1).asDouble();
    double deviation = expected.get(2).asDouble();
    double largest = expected.get(3).asDouble();
    long count = actual.count;
    assertThat(count).as(tensor).isEqualTo(SEEDS * expected.get(0).asLong());
    if (deviation == 0) {
      assertThat(actual.deviation()).as(tensor).isZero();
      assertThat(actual.mean()).as(tensor).isEqualTo(mean);
      return;
    }
    // Two samples of `count` values each; a normal sample's deviation has the error σ/√(2·count).
    double error = DEVIATIONS * deviation * Math.sqrt(2.0 / count);
    assertThat(actual.mean()).as("mean of %s", tensor).isCloseTo(mean, within(error));
    assertThat(actual.deviation())
        .as("deviation of %s", tensor)
        .isCloseTo(deviation, within(error / Math.sqrt(2)));
    if (count >= 5000) { // tells a uniform from a normal distribution
      assertThat(actual.largest)
          .as("largest of %s", tensor)
          .isBetween(largest / 1.8, largest * 1.8);
    }
  }

  private static final class Moments {
    private long count;
    private double sum;
    private double squares;
    private double largest;

    void add(float[] values) {
      for (float value : values) {
        count++;
        sum += value;
        squares += (double) value * value;
        largest = Math.max(largest, Math.abs(value));
      }
    }

    double mean() {
      return sum / count;
    }

    double deviation() {
      double variance = squares / count - mean() * mean();
      return variance < 1e-14 * squares / count ? 0 : Math.sqrt(variance);
    }
  }
}
