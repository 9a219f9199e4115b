package dev.troupe.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** Loss and gradients of one global batch, as plain numbers. */
record Gradients(double loss, Map<String, float[]> values) {
  static Gradients of(double loss, Map<String, Tensor> tensors) {
    return new Gradients(loss, numbers(tensors));
  }

  static Map<String, float[]> numbers(Map<String, Tensor> tensors) {
    Map<String, float[]> values = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> values.put(name, numbers(tensor)));
    return values;
  }

  static float[] numbers(Tensor tensor) {
    try (PointerScope scope = new PointerScope()) {
      float[] values = new float[(int) tensor.numel()];
      Tensor floats = tensor.detach().to(org.bytedeco.pytorch.global.torch.ScalarType.Float);
      new FloatPointer(floats.contiguous().data_ptr()).get(values);
      return values;
    }
  }

  /** Checks that loss and every gradient agree, relative to each gradient's largest value. */
  void assertClose(Gradients expected, double tolerance) {
    assertThat(loss)
        .isCloseTo(expected.loss, org.assertj.core.data.Offset.offset(tolerance * expected.loss));
    assertClose(values, expected.values, tolerance);
  }

  static void assertClose(
      Map<String, float[]> actual, Map<String, float[]> expected, double tolerance) {
    assertThat(actual.keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet());
    expected.forEach(
        (name, wanted) ->
            assertThat(difference(name, actual.get(name), wanted)).as(name).isLessThan(tolerance));
  }

  /** Largest difference relative to the largest wanted value. */
  static double difference(String name, float[] actual, float[] wanted) {
    assertThat(actual).as(name).hasSameSizeAs(wanted);
    double largest = 1e-30;
    double difference = 0;
    for (int i = 0; i < wanted.length; i++) {
      if (isKeyBias(name, i, wanted.length)) {
        continue;
      }
      largest = Math.max(largest, Math.abs(wanted[i]));
      difference = Math.max(difference, Math.abs(actual[i] - wanted[i]));
      if (!Float.isFinite(actual[i])) {
        return Double.POSITIVE_INFINITY;
      }
    }
    return difference / largest;
  }

  /** The loss does not depend on the keys' biases, so that their gradients are rounding noise. */
  static boolean isKeyBias(String name, int i, int length) {
    return name.endsWith("k_proj.bias")
        || name.endsWith("in_proj_bias") && i >= length / 3 && i < 2 * length / 3;
  }

  @Override
  public String toString() {
    return "loss "
        + loss
        + ", "
        + values.size()
        + " gradients "
        + Arrays.toString(values.keySet().toArray());
  }
}
