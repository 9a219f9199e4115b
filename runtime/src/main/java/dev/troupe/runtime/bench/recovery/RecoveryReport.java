package dev.troupe.runtime.bench.recovery;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;

/**
 * What a scenario came to.
 *
 * @param scenario which
 * @param steps committed steps
 * @param faults what was done, one by one
 * @param figures other measurements of the scenario, by name
 * @param lostSteps committed steps that were lost
 * @param ledgerDifference the first difference of the ledger from the failure-free run's; empty for
 *     none
 * @param lossDifference largest relative difference of a step's loss from the failure-free run's
 * @param weightDifference largest absolute difference of a final weight
 * @param weightDistance L2 norm of the final weights' differences over that of the weights
 * @param stateHashes distinct state hashes of the ranks at the end: 1 if all are equal
 * @param violations what must not happen and did
 */
public record RecoveryReport(
    String scenario,
    long steps,
    List<Fault> faults,
    Map<String, Double> figures,
    @JsonProperty("lost_steps") int lostSteps,
    @JsonProperty("ledger_difference") String ledgerDifference,
    @JsonProperty("loss_difference") double lossDifference,
    @JsonProperty("weight_difference") double weightDifference,
    @JsonProperty("weight_distance") double weightDistance,
    @JsonProperty("state_hashes") int stateHashes,
    List<String> violations) {

  /** A quantile of what faults of a kind cost beyond a step; NaN where there was none. */
  public double quantile(String kind, double share) {
    double[] costs =
        faults.stream()
            .filter(fault -> fault.kind().equals(kind))
            .mapToDouble(Fault::beyondStep)
            .sorted()
            .toArray();
    return costs.length == 0
        ? Double.NaN
        : costs[(int) Math.min(costs.length - 1, Math.ceil(share * costs.length) - 1)];
  }

  /** Whether everything held that must. */
  @JsonProperty("sound")
  public boolean sound() {
    return lostSteps == 0 && ledgerDifference.isEmpty() && stateHashes == 1 && violations.isEmpty();
  }
}
