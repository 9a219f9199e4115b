package dev.troupe.nn.weights;

/** A weights file that can't be read, written or fitted to a model; the message says what to do. */
public final class WeightsException extends RuntimeException {
  /** With a message that names the file, the value and the expectation. */
  public WeightsException(String message) {
    super(message);
  }

  /** With the failure that led to it. */
  public WeightsException(String message, Throwable cause) {
    super(message, cause);
  }
}
