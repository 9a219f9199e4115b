package dev.troupe.runtime.bench.recovery;

import java.io.IOException;
import java.util.List;

/** The hosts that a local cluster's nodes live on. */
interface Hosts extends AutoCloseable {
  /** All nodes side by side on this machine's loopback interface. */
  Hosts LOOPBACK =
      new Hosts() {
        @Override
        public String address(int slot) {
          return "127.0.0.1";
        }

        @Override
        public String here() {
          return "127.0.0.1";
        }
      };

  /** The address of the host of a slot. */
  String address(int slot);

  /** The address by which they reach this process. */
  String here();

  /** What a command starts with to run on the host of a slot. */
  default List<String> launcher(int slot) {
    return List.of();
  }

  /** Cuts a host off from all others. */
  default void cut(int slot) throws IOException, InterruptedException {
    throw new UnsupportedOperationException("loopback cannot be cut");
  }

  /** Connects it again. */
  default void heal(int slot) throws IOException, InterruptedException {
    throw new UnsupportedOperationException("loopback cannot be cut");
  }

  @Override
  default void close() {}
}
