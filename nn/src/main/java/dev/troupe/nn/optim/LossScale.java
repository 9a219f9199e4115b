package dev.troupe.nn.optim;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The factor that keeps fp16 gradients from underflowing: PyTorch's {@code GradScaler} with its
 * defaults. A step whose gradients overflow moves no weights and halves the factor; after 2,000
 * good ones it doubles.
 *
 * <p><b>Native memory:</b> owns one small tensor, which is part of the optimizer's state.
 */
public final class LossScale implements AutoCloseable {
  private static final float START = 65536;
  private static final int GROWTH_INTERVAL = 2000;

  private final Tensor state;

  LossScale() {
    try (PointerScope scope = new PointerScope()) {
      state = torch.tensor(new float[] {START, 0});
      state.retainReference();
    }
  }

  /** The factor, and the number of good steps since it last changed. */
  Tensor state() {
    return state;
  }

  /** The factor of the next step. */
  public double factor() {
    return new FloatPointer(state.data_ptr()).get(0);
  }

  /**
   * Whether an overflow is one that a smaller factor may cure.
   *
   * @param norm of the gradients, scaled
   */
  public boolean overflowed(double norm) {
    return !Double.isFinite(norm) && factor() > 1;
  }

  /** Takes note of how a step went. */
  public void update(boolean overflowed) {
    FloatPointer values = new FloatPointer(state.data_ptr());
    float good = overflowed ? 0 : values.get(1) + 1;
    if (overflowed) {
      values.put(0, values.get(0) / 2);
    } else if (good == GROWTH_INTERVAL) {
      values.put(0, values.get(0) * 2);
      good = 0;
    }
    values.put(1, good);
  }

  @Override
  public void close() {
    state.close();
  }
}
