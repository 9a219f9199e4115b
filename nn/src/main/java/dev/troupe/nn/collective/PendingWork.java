package dev.troupe.nn.collective;

/** A collective operation under way. */
public interface PendingWork {
  /** Waits until the operation came through on this rank. */
  void await() throws CollectiveException;

  /** Work that is done already. */
  PendingWork DONE = () -> {};
}
