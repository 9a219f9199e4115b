package dev.troupe.nn.collective;

import java.time.Duration;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/**
 * One rank's end of a process group. All ranks must start the same operations in the same order.
 *
 * <p>Every operation works in place or returns a new tensor of the surrounding scope, and fails
 * with one checked {@link CollectiveException} that names the operation and the rank. Methods are
 * called by one thread, except {@link #abort}, which may come from any.
 */
public final class Collectives implements AutoCloseable {
  private final GroupSpec spec;

  private Collectives(GroupSpec spec) {
    this.spec = spec;
  }

  /**
   * Joins the process group; returns when all ranks are connected.
   *
   * @throws CollectiveException if a rank does not come in time or the store cannot be reached
   */
  public static Collectives join(GroupSpec spec) throws CollectiveException {
    return new Collectives(spec);
  }

  /** A group of one. */
  public static Collectives alone(BackendKind kind) {
    return new Collectives(GroupSpec.alone(kind));
  }

  public int rank() {
    return spec.rank();
  }

  public int worldSize() {
    return spec.worldSize();
  }

  /** Sets how long each operation started from now on may take before it fails. */
  public void timeout(Duration timeout) {}

  /** Adds {@code tensor} up over all ranks, in place. */
  public void allReduce(Tensor tensor) throws CollectiveException {
    startAllReduce(tensor).await();
  }

  /** Starts to add {@code tensor} up over all ranks, in place; it must not be touched before. */
  public PendingWork startAllReduce(Tensor tensor) throws CollectiveException {
    throw new UnsupportedOperationException();
  }

  /**
   * Gathers rows of all ranks, in the order of ranks.
   *
   * @param rows this rank's rows, n×…; n may be 0
   * @param counts the number of rows of each rank; {@code counts[rank()]} is n
   * @return Σcounts×…
   */
  public Tensor allGather(Tensor rows, long[] counts) throws CollectiveException {
    throw new UnsupportedOperationException();
  }

  /** Gathers the same number of longs from each rank: a row a rank. */
  public long[][] allGather(long... values) throws CollectiveException {
    throw new UnsupportedOperationException();
  }

  /** Gathers one byte string from each rank, of any lengths, in the order of ranks. */
  public List<byte[]> allGatherBytes(byte[] bytes) throws CollectiveException {
    throw new UnsupportedOperationException();
  }

  /** Overwrites {@code tensor} on all ranks with that of {@code root}. */
  public void broadcast(Tensor tensor, int root) throws CollectiveException {
    throw new UnsupportedOperationException();
  }

  /** Waits for all ranks. */
  public void barrier() throws CollectiveException {
    throw new UnsupportedOperationException();
  }

  /** Makes operations in flight and to come fail soon. Any thread. */
  public void abort() {}

  /**
   * Leaves the group: peers that wait for this rank fail. Does not wait for operations in flight.
   */
  @Override
  public void close() {}
}
