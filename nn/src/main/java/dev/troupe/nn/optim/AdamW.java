package dev.troupe.nn.optim;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * AdamW (Loshchilov and Hutter 2019) over named parameters, one fused pass over each group.
 *
 * <p>As in OpenCLIP, a parameter does not decay if it has fewer than two dimensions or its name
 * holds {@code bn}, {@code ln}, {@code bias} or {@code logit_scale}.
 *
 * <p><b>Native memory:</b> owns its state tensors until {@link #close()}; the parameters stay the
 * model's.
 */
public final class AdamW implements AutoCloseable {
  private final Map<String, Tensor> state = new LinkedHashMap<>();

  public AdamW(Map<String, Tensor> parameters, AdamWSettings settings) {}

  /**
   * The state by name, {@code exp_avg.NAME} and {@code exp_avg_sq.NAME} for each parameter NAME;
   * the tensors themselves, to be read or overwritten in place. With {@link #steps()} this is all
   * there is to save.
   */
  public Map<String, Tensor> state() {
    return state;
  }

  /** Number of updates so far, for Adam's bias correction. */
  public long steps() {
    return 0;
  }

  /** Sets the number of updates so far, when state is loaded. */
  public void steps(long steps) {}

  @Override
  public void close() {}
}
