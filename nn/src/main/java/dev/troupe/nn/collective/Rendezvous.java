package dev.troupe.nn.collective;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.IntOptional;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;

/**
 * The store (c10d's {@code TCPStore}) at which the ranks of one generation meet, hosted by its rank
 * 0. It listens on the given interface only, and stays open for as long as the group lives.
 */
public final class Rendezvous implements AutoCloseable {
  private final String address;
  private TCPStore server;

  private Rendezvous(String address, TCPStore server) {
    this.address = address;
    this.server = server;
  }

  /**
   * Opens a store.
   *
   * @param host name or address of this machine that the other ranks reach it by
   * @param port the port, or 0 for any free one
   */
  public static Rendezvous host(String host, int port) throws CollectiveException {
    try {
      InetSocketAddress bound = new InetSocketAddress(InetAddress.getByName(host), port);
      boolean v6 = bound.getAddress() instanceof Inet6Address;
      // Not closed here: the store takes the socket over by its descriptor.
      ServerSocketChannel socket =
          ServerSocketChannel.open(v6 ? StandardProtocolFamily.INET6 : StandardProtocolFamily.INET);
      try {
        socket.setOption(StandardSocketOptions.SO_REUSEADDR, true);
        socket.bind(bound, 1024);
        int actual = ((InetSocketAddress) socket.getLocalAddress()).getPort();
        TCPStore server = serve(host, actual, descriptor(actual, v6));
        return new Rendezvous(host + ":" + actual, server);
      } catch (IOException | RuntimeException e) {
        socket.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      throw new CollectiveException(
          "rendezvous",
          0,
          "cannot listen on "
              + host
              + ":"
              + port
              + " ("
              + e.getMessage()
              + "); give --host an"
              + " address of this machine and --data-port a free port, or 0",
          e);
    }
  }

  private static TCPStore serve(String host, int port, int descriptor) {
    try (PointerScope scope = new PointerScope()) {
      TCPStore store =
          new TCPStore(
              host,
              new TCPStoreOptions()
                  .port((short) port)
                  .isServer(true)
                  .waitWorkers(false)
                  .useLibUV(false)
                  .timeout(new Milliseconds(10_000))
                  .masterListenFd(new IntOptional(descriptor)));
      store.retainReference();
      return store;
    }
  }

  /** A client's connection to the store at {@code address}; the caller closes it. */
  static TCPStore connect(String address, Duration timeout) {
    int colon = address.lastIndexOf(':');
    try (PointerScope scope = new PointerScope()) {
      TCPStore store =
          new TCPStore(
              address.substring(0, colon),
              new TCPStoreOptions()
                  .port((short) Integer.parseInt(address.substring(colon + 1)))
                  .isServer(false)
                  .waitWorkers(false)
                  .useLibUV(false)
                  .timeout(new Milliseconds(timeout.toMillis())));
      store.retainReference();
      return store;
    }
  }

  /** Where the other ranks find the store, {@code HOST:PORT}. */
  public String address() {
    return address;
  }

  /** Closes the store. */
  @Override
  public synchronized void close() {
    if (server != null) {
      server.releaseReference();
      server = null;
    }
  }

  /**
   * The descriptor of the socket that listens on {@code port}: TCPStore itself would listen on
   * every interface, but takes over a socket that is bound already, which it wants by its number.
   */
  private static int descriptor(int port, boolean v6) throws IOException {
    String suffix = String.format(":%04X", port);
    Set<String> listening =
        Files.readAllLines(Path.of(v6 ? "/proc/self/net/tcp6" : "/proc/self/net/tcp")).stream()
            .map(line -> line.trim().split("\\s+"))
            .filter(f -> f.length > 9 && f[1].endsWith(suffix) && f[3].equals("0A"))
            .map(f -> "socket:[" + f[9] + "]")
            .collect(Collectors.toSet());
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path candidate : descriptors) {
        if (listening.contains(linkedTo(candidate))) {
          return Integer.parseInt(candidate.getFileName().toString());
        }
      }
    }
    throw new IOException("no descriptor for the socket on port " + port);
  }

  private static String linkedTo(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return ""; // closed meanwhile
    }
  }
}
