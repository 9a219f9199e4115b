package dev.troupe.nn.collective;

/**
 * The store at which the ranks of one generation meet, hosted by its rank 0 on a free port of the
 * given interface.
 */
public final class Rendezvous implements AutoCloseable {
  private final String address;

  private Rendezvous(String address) {
    this.address = address;
  }

  /**
   * Opens a store.
   *
   * @param host name or address of this machine that the other ranks reach it by
   * @param port the port, or 0 for any free one
   */
  public static Rendezvous host(String host, int port) throws CollectiveException {
    throw new CollectiveException("rendezvous", 0, host + ":" + port, null);
  }

  /** Where the other ranks find the store, {@code HOST:PORT}. */
  public String address() {
    return address;
  }

  /** Closes the store. Groups that were formed over it live on. */
  @Override
  public void close() {}
}
