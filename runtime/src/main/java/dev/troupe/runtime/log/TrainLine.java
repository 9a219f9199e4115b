package dev.troupe.runtime.log;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * OpenCLIP's console line, with its running means: of times since the last line, of losses over the
 * lines of an epoch.
 */
final class TrainLine {
  private final Mean dataSeconds = new Mean();
  private final Mean stepSeconds = new Mean();
  private final Map<String, Mean> losses = new LinkedHashMap<>();
  private int epoch = -1;

  /** Takes a step into the running means of times. */
  void add(StepMetrics step) {
    dataSeconds.add(step.dataSeconds(), 1);
    stepSeconds.add(step.seconds(), 1);
  }

  /** The line for the step added last; starts the means of times anew. */
  String line(StepMetrics step) {
    if (step.epoch() != epoch) {
      epoch = step.epoch();
      losses.clear();
    }
    Map<String, Double> values = new LinkedHashMap<>(step.losses());
    values.put("loss", step.loss());
    values.forEach(
        (name, value) ->
            losses.computeIfAbsent(name, key -> new Mean()).add(value, step.globalBatch()));
    String lossLog =
        losses.entrySet().stream()
            .map(
                loss ->
                    "%s: %s (%s)"
                        .formatted(
                            capitalize(loss.getKey()),
                            significant(loss.getValue().last, 5),
                            significant(loss.getValue().mean(), 5)))
            .collect(Collectors.joining(" "));
    int digits = (int) Math.ceil(Math.log10(step.samplesPerEpoch() + 1.0));
    String line =
        String.format(
            Locale.ROOT,
            "Train Epoch: %d [%"
                + digits
                + "d/%d (%.0f%%)] Data (t): %.3f Batch (t): %.3f, %s/s,"
                + " %s/s/gpu LR: %5f Logit Scale: %.3f %s",
            step.epoch(),
            step.samplesInEpoch(),
            step.samplesPerEpoch(),
            100.0 * step.samplesInEpoch() / step.samplesPerEpoch(),
            dataSeconds.mean(),
            stepSeconds.mean(),
            significant(step.samplesPerSecond(), 6),
            significant(step.samplesPerSecond() / step.worldSize(), 6),
            step.lr(),
            step.logitScale(),
            lossLog);
    dataSeconds.reset();
    stepSeconds.reset();
    return line;
  }

  private static String capitalize(String name) {
    return name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
  }

  /** Python's {@code {:#.Ng}}: {@code digits} significant digits, trailing zeros kept. */
  static String significant(double value, int digits) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
    }
    String scientific = String.format(Locale.ROOT, "%." + (digits - 1) + "e", value);
    int exponent = Integer.parseInt(scientific.substring(scientific.indexOf('e') + 1));
    if (exponent < -4 || exponent >= digits) {
      return scientific;
    }
    int decimals = digits - 1 - exponent;
    String fixed = String.format(Locale.ROOT, "%." + decimals + "f", value);
    return decimals == 0 ? fixed + "." : fixed;
  }

  private static final class Mean {
    private double last;
    private double sum;
    private double weight;

    void add(double value, double by) {
      last = value;
      sum += value * by;
      weight += by;
    }

    double mean() {
      return weight == 0 ? 0 : sum / weight;
    }

    void reset() {
      sum = 0;
      weight = 0;
    }
  }
}
