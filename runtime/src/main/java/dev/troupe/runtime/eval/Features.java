package dev.troupe.runtime.eval;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;

/** Arithmetic on features. */
final class Features {
  /** What PyTorch's {@code F.normalize} keeps norms away from 0 by. */
  private static final double EPS = 1e-12;

  private Features() {}

  /** L2-normalises rows, N×D. */
  static Tensor normalize(Tensor features_ND) {
    Tensor norm_N1 = features_ND.norm(new ScalarOptional(new Scalar(2)), new long[] {-1}, true);
    return features_ND.div(norm_N1.clamp_min(new Scalar(EPS)));
  }
}
