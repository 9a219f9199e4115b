package dev.troupe.nn.optim;

/**
 * Settings of {@link AdamW}, with OpenCLIP's names.
 *
 * @param beta1 {@code --beta1}
 * @param beta2 {@code --beta2}
 * @param eps {@code --eps}
 * @param weightDecay {@code --wd}, for the parameters that decay
 */
public record AdamWSettings(double beta1, double beta2, double eps, double weightDecay) {
  public AdamWSettings {
    require(beta1 >= 0 && beta1 < 1, "beta1", beta1, "0 <= beta1 < 1");
    require(beta2 >= 0 && beta2 < 1, "beta2", beta2, "0 <= beta2 < 1");
    require(eps > 0, "eps", eps, "> 0");
    require(weightDecay >= 0, "wd", weightDecay, ">= 0");
  }

  /**
   * OpenCLIP's defaults: betas 0.9 and 0.98, eps 1e-6 for a model with "vit" in its name, else 0.9,
   * 0.999 and 1e-8; weight decay 0.2.
   */
  public static AdamWSettings defaults(String model) {
    boolean vit = model.toLowerCase(java.util.Locale.ROOT).contains("vit");
    return vit ? new AdamWSettings(0.9, 0.98, 1e-6, 0.2) : new AdamWSettings(0.9, 0.999, 1e-8, 0.2);
  }

  private static void require(boolean holds, String name, double value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
    }
  }
}
