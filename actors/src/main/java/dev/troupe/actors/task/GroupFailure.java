package dev.troupe.actors.task;

/**
 * A collective failed: a peer is gone, hangs, or the group was aborted. A new generation repairs
 * it.
 */
public class GroupFailure extends Exception {
  private static final long serialVersionUID = 1L;

  /** The rank whose connection broke, or -1 if the error does not say. */
  private final int suspect;

  public GroupFailure(String message, Throwable cause) {
    this(message, -1, cause);
  }

  /**
   * @param suspect the rank whose connection broke, or -1 if unknown
   */
  public GroupFailure(String message, int suspect, Throwable cause) {
    super(message, cause);
    this.suspect = suspect;
  }

  public int suspect() {
    return suspect;
  }
}
