package dev.troupe.actors.task;

/**
 * A collective failed: a peer is gone, hangs, or the group was aborted. A new generation repairs
 * it.
 */
public class GroupFailure extends Exception {
  private static final long serialVersionUID = 1L;

  public GroupFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
