package dev.troupe.nn.model.tower.trunk;

/**
 * What OpenCLIP's {@code TimmModel} asks of a trunk.
 *
 * @param name timm's model name, {@code convnext_tiny}
 * @param height of the images, pixels
 * @param width of the images, pixels
 * @param pool {@code timm_pool}; empty for the trunk's own default
 * @param classes the width of the trunk's own classifier, which then is the projection ({@code
 *     timm_proj: null}); 0 for none
 * @param headFollows whether a projection follows the trunk. timm then builds the trunk with its
 *     default pooling and changes the pooling afterwards, which leaves the norms of the default
 * @param dropPath the rate of stochastic depth of the last block
 * @param patchDropout the share of patches that training leaves out
 */
public record TrunkSettings(
    String name,
    long height,
    long width,
    String pool,
    long classes,
    boolean headFollows,
    double dropPath,
    double patchDropout) {

  /** The pooling that the trunk is built for, which decides where its last norm is. */
  public String poolAtBuild(String own) {
    return headFollows ? own : pool;
  }

  /** The pooling in force. */
  public String poolInForce(String own) {
    return headFollows && pool.isEmpty() ? own : pool;
  }

  /** Stochastic depth rates of {@code blocks} blocks, from 0 to the last block's, evenly. */
  public double[] dropPaths(int blocks) {
    double[] rates = new double[blocks];
    for (int i = 1; i < blocks; i++) {
      rates[i] = dropPath * i / (blocks - 1);
    }
    return rates;
  }

  /** Refuses patch dropout in a trunk without patches. */
  public void refusePatchDropout() {
    if (patchDropout > 0) {
      throw new IllegalArgumentException(
          "patch_dropout: " + patchDropout + " (expected: 0, as " + name + " has no patch tokens)");
    }
  }
}
