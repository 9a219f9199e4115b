package dev.troupe.nn.train;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Number formats of training, with the names of OpenCLIP's {@code --precision}. */
public enum Precision {
  /** Everything in 32-bit floats. */
  FP32("fp32");

  private final String flag;

  Precision(String flag) {
    this.flag = flag;
  }

  /** The precision of OpenCLIP's name. */
  public static Precision of(String flag) {
    return Arrays.stream(values())
        .filter(p -> p.flag.equals(flag))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "precision: " + flag + " (expected: one of " + names() + ")"));
  }

  private static String names() {
    return Arrays.stream(values()).map(Precision::toString).collect(Collectors.joining(", "));
  }

  @Override
  public String toString() {
    return flag;
  }
}
