package dev.troupe.runtime.checkpoint;

/** A checkpoint that cannot be written or read. The message names the file and says what to do. */
public class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CheckpointException(String message) {
    super(message);
  }

  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
