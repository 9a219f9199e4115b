package dev.troupe.nn.optim;

/** The learning rate of each step: OpenCLIP's {@code --lr-scheduler}, a pure function. */
public interface LrSchedule {
  /** The learning rate of {@code step}, from 0. */
  double at(long step);

  /** {@code cosine}: warms up over {@code warmup} steps, then falls to 0 along half a cosine. */
  static LrSchedule cosine(double lr, long warmup, long totalSteps) {
    return step ->
        step < warmup
            ? warmUp(lr, warmup, step)
            : 0.5 * (1 + Math.cos(Math.PI * (step - warmup) / (double) (totalSteps - warmup))) * lr;
  }

  /** {@code const}: warms up, then stays. */
  static LrSchedule constant(double lr, long warmup) {
    return step -> step < warmup ? warmUp(lr, warmup, step) : lr;
  }

  /**
   * {@code const-cooldown}: warms up, stays, and falls to {@code endLr} over the last {@code
   * cooldownSteps} as a power of the time left.
   *
   * @param power {@code --lr-cooldown-power}
   * @param endLr {@code --lr-cooldown-end}
   */
  static LrSchedule constantCooldown(
      double lr, long warmup, long totalSteps, long cooldownSteps, double power, double endLr) {
    long start = totalSteps - cooldownSteps;
    return step -> {
      if (step < warmup) {
        return warmUp(lr, warmup, step);
      }
      if (step < start) {
        return lr;
      }
      double left = Math.pow(1 - (step - start) / (double) (totalSteps - start), power);
      return left * (lr - endLr) + endLr;
    };
  }

  /** {@code --skip-scheduler}: always {@code lr}. */
  static LrSchedule none(double lr) {
    return step -> lr;
  }

  private static double warmUp(double lr, long warmup, long step) {
    return lr * (step + 1) / warmup;
  }
}
