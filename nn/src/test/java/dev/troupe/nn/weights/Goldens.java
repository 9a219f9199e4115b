package dev.troupe.nn.weights;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URISyntaxException;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The files that {@code make_goldens.py} made, and comparisons with them. */
final class Goldens {
  private Goldens() {}

  static Path path(String name) {
    try {
      return Path.of(Goldens.class.getResource(name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Same type, shape and bits; names may carry a prefix on this side. */
  static void assertSame(WeightsFile actual, String prefix, WeightsFile expected) {
    for (String name : expected.names()) {
      assertThat(actual.dtype(prefix + name)).as(name).isEqualTo(expected.dtype(name));
      assertThat(actual.shape(prefix + name)).as(name).isEqualTo(expected.shape(name));
      assertSameBits(name, actual.tensor(prefix + name), expected.tensor(name));
    }
  }

  static void assertSameBits(String name, Tensor actual, Tensor expected) {
    assertThat(bytes(actual).equal(bytes(expected))).as(name).isTrue();
  }

  private static Tensor bytes(Tensor tensor) {
    return tensor.contiguous().view(-1).view(torch.ScalarType.Byte);
  }
}
