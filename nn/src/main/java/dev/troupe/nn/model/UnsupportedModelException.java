package dev.troupe.nn.model;

/** A model that OpenCLIP has and Troupe has not; the message names the model and the reason. */
public final class UnsupportedModelException extends IllegalArgumentException {
  private final String reason;

  /** A refusal of {@code model}. */
  public UnsupportedModelException(String model, String reason) {
    super("model " + model + ": " + reason);
    this.reason = reason;
  }

  /** The reason alone. */
  public String reason() {
    return reason;
  }
}
