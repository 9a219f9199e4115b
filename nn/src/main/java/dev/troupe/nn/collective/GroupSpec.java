package dev.troupe.nn.collective;

import java.time.Duration;

/**
 * A rank's place in a process group.
 *
 * @param device where the tensors live, {@code cpu} or {@code cuda:N}; decides the backend
 * @param generation the group's number, for messages
 * @param rank this rank
 * @param worldSize number of ranks
 * @param rendezvous {@code HOST:PORT} of the {@link Rendezvous} that rank 0 hosts; unused in a
 *     group of one
 * @param host name or address of this machine whose interface carries the tensors, {@code
 *     127.0.0.1} on one machine
 * @param timeout how long forming the group, and by default each operation, may take
 */
public record GroupSpec(
    String device,
    long generation,
    int rank,
    int worldSize,
    String rendezvous,
    String host,
    Duration timeout) {
  public GroupSpec {
    if (worldSize < 1 || rank < 0 || rank >= worldSize) {
      throw new IllegalArgumentException(
          "rank: " + rank + " (expected: 0 to " + (worldSize - 1) + ")");
    }
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("timeout: " + timeout + " (expected: > 0)");
    }
  }

  /** A group of one, which needs neither store nor network. */
  public static GroupSpec alone(String device) {
    return new GroupSpec(device, 0, 0, 1, "", "127.0.0.1", Duration.ofMinutes(5));
  }

  /** The implementation of collectives for this device. */
  public BackendKind kind() {
    return BackendKind.of(device);
  }
}
