package dev.troupe.nn.core;

import dev.troupe.nn.torch.TensorScope;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * Where layers allocate their tensors: on the CPU, or on the device that the thread asked for while
 * it builds a model. On {@code "meta"}, tensors have shapes and no memory, which is how a model of
 * billions of parameters is counted in milliseconds.
 */
public final class Allocation {
  private static final ThreadLocal<String> DEVICE = ThreadLocal.withInitial(() -> "cpu");

  private Allocation() {}

  /**
   * Builds with all tensors on the given device.
   *
   * @param device {@code "cpu"}, {@code "cuda:0"}, {@code "meta"}
   */
  public static <T> T on(String device, Supplier<T> build) {
    String before = DEVICE.get();
    DEVICE.set(device);
    try {
      return build.get();
    } finally {
      DEVICE.set(before);
    }
  }

  static Tensor empty(torch.ScalarType type, long... shape) {
    try (TensorScope scope = new TensorScope()) {
      TensorOptions options =
          new TensorOptions()
              .dtype(new ScalarTypeOptional(type))
              .device(new DeviceOptional(new Device(DEVICE.get())));
      return scope.keep(torch.empty(shape, options, new MemoryFormatOptional()));
    }
  }
}
