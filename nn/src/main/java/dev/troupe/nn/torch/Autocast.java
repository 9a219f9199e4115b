package dev.troupe.nn.torch;

import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * While open, the calling thread's matrix products run in a smaller type and what needs more digits
 * stays in 32 bits: {@code torch.autocast}.
 */
public final class Autocast implements AutoCloseable {
  private final DeviceType device;
  private final boolean before;
  private final ScalarType typeBefore;

  private Autocast(DeviceType device, ScalarType type) {
    this.device = device;
    this.before = torch.is_autocast_enabled(device);
    this.typeBefore = torch.get_autocast_dtype(device);
    torch.set_autocast_enabled(device, true);
    torch.set_autocast_dtype(device, type);
    torch.increment_nesting();
  }

  /**
   * Opens autocast.
   *
   * @param cuda whether the tensors are on CUDA devices
   * @param type of matrix products, or null for no autocast
   */
  public static Autocast to(boolean cuda, ScalarType type) {
    return type == null ? null : new Autocast(cuda ? DeviceType.CUDA : DeviceType.CPU, type);
  }

  @Override
  public void close() {
    // Weights that were cast are cached until the outermost autocast ends.
    if (torch.decrement_nesting() == 0) {
      torch.clear_cache();
    }
    torch.set_autocast_enabled(device, before);
    torch.set_autocast_dtype(device, typeBefore);
  }
}
