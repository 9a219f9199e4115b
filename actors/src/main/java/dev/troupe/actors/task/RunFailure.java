package dev.troupe.actors.task;

/**
 * The run cannot go on, on whichever worker it is tried: unusable data, an impossible setting, no
 * disk space. Ends the run with this message; no generation would repair it.
 */
public class RunFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public RunFailure(String message) {
    super(message);
  }

  public RunFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
