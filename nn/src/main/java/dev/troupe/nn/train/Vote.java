package dev.troupe.nn.train;

import dev.troupe.nn.collective.CollectiveException;
import dev.troupe.nn.collective.Collectives;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * The collective by which a step commits everywhere or nowhere: it commits if every rank found the
 * group's gradients finite.
 *
 * @param commits whether the step commits
 * @param wish the highest of all ranks' wishes
 * @param nonFiniteRanks where the trouble began: ranks with features that are not finite, since
 *     those spoil everyone's loss; without such, ranks whose own gradients are not finite
 * @param loss of the global batch
 */
record Vote(boolean commits, int wish, List<Integer> nonFiniteRanks, double loss) {
  private static final int FINE = 0;
  private static final int OWN_GRADIENTS = 1;
  private static final int OWN_FEATURES = 2;

  /**
   * @param finite whether the group's gradients are finite here
   * @param featuresFinite whether this rank's own features are
   * @param ownFinite whether this rank's own gradients are; asked only if the group's are not
   */
  static Vote cast(
      Collectives group,
      boolean finite,
      boolean featuresFinite,
      BooleanSupplier ownFinite,
      int wish,
      double share)
      throws CollectiveException {
    int fault = FINE;
    if (!finite) {
      fault = !featuresFinite ? OWN_FEATURES : ownFinite.getAsBoolean() ? FINE : OWN_GRADIENTS;
    }
    long[][] votes =
        group.allGather(finite ? 1 : 0, fault, wish, Double.doubleToRawLongBits(share));
    boolean commits = true;
    int highest = 0;
    long worst = FINE;
    double loss = 0;
    for (long[] vote : votes) {
      commits &= vote[0] == 1;
      worst = Math.max(worst, vote[1]);
      highest = Math.max(highest, (int) vote[2]);
      loss += Double.longBitsToDouble(vote[3]);
    }
    List<Integer> culprits = new ArrayList<>();
    for (int r = 0; r < votes.length; r++) {
      if (worst != FINE && votes[r][1] == worst) {
        culprits.add(r);
      }
    }
    return new Vote(commits, highest, culprits, loss);
  }
}
