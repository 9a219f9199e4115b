package dev.troupe.nn.collective;

/**
 * A collective operation did not come through: a peer is gone, did not answer in time, or the group
 * was aborted. The group is unusable from then on; close it and form the next one.
 */
public final class CollectiveException extends Exception {
  private static final long serialVersionUID = 1L;
  private final String operation;
  private final int rank;

  public CollectiveException(String operation, int rank, String reason, Throwable cause) {
    super(operation + " failed on rank " + rank + ": " + reason, cause);
    this.operation = operation;
    this.rank = rank;
  }

  CollectiveException(String operation, GroupSpec spec, String reason, Throwable cause) {
    super(
        String.format(
            "%s failed on rank %d of %d in generation %d: %s",
            operation, spec.rank(), spec.worldSize(), spec.generation(), reason),
        cause);
    this.operation = operation;
    this.rank = spec.rank();
  }

  /** The operation that failed, such as {@code all-reduce}. */
  public String operation() {
    return operation;
  }

  /** The rank on which it failed. */
  public int rank() {
    return rank;
  }
}
