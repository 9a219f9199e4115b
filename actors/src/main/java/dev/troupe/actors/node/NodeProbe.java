package dev.troupe.actors.node;

import dev.troupe.actors.Transport;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Asks a host's kernel whether a process still listens on its control port. A refusal proves that
 * the process is gone: its host is alive and says so. Silence proves nothing (the host may be dead
 * or cut off), and an open port does not either (a stopped process keeps it).
 */
public final class NodeProbe implements AutoCloseable {

  /** What the kernel said. */
  public enum Verdict {
    /** Nobody listens: the process is gone. */
    GONE,
    /** Somebody listens. */
    LISTENING,
    /** No answer. */
    SILENT
  }

  private static final int TIMEOUT_MILLIS = 1000;
  private static final int REFUSALS = 2;
  private static final long BETWEEN_MILLIS = 20;

  private final Transport transport;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          4,
          work -> {
            Thread thread = new Thread(work, "node-probe");
            thread.setDaemon(true);
            return thread;
          });

  public NodeProbe(Transport transport) {
    this.transport = transport;
  }

  /**
   * Asks; {@code address} is {@code HOST:PORT}. Never fails: an error is {@link Verdict#SILENT}.
   */
  public CompletionStage<Verdict> ask(String address) {
    return CompletableFuture.supplyAsync(() -> verdict(address), threads);
  }

  private Verdict verdict(String address) {
    int colon = address.lastIndexOf(':');
    String host = address.substring(0, colon);
    int port = Integer.parseInt(address.substring(colon + 1));
    for (int refused = 0; refused < REFUSALS; refused++) {
      Verdict verdict =
          transport == Transport.AERON_UDP ? overUdp(host, port) : overTcp(host, port);
      if (verdict != Verdict.GONE) {
        return verdict;
      }
      try {
        Thread.sleep(BETWEEN_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Verdict.SILENT;
      }
    }
    return Verdict.GONE;
  }

  private static Verdict overTcp(String host, int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getByName(host), port), TIMEOUT_MILLIS);
      return Verdict.LISTENING;
    } catch (SocketTimeoutException e) {
      return Verdict.SILENT;
    } catch (ConnectException e) {
      return isRefusal(e) ? Verdict.GONE : Verdict.SILENT;
    } catch (IOException e) {
      return Verdict.SILENT;
    }
  }

  /** An empty datagram: a living media driver drops it, a kernel without one reports the port. */
  private static Verdict overUdp(String host, int port) {
    try (DatagramChannel channel = DatagramChannel.open();
        Selector selector = Selector.open()) {
      channel.connect(new InetSocketAddress(InetAddress.getByName(host), port));
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
      channel.write(ByteBuffer.allocate(1));
      selector.select(TIMEOUT_MILLIS / 4);
      channel.read(ByteBuffer.allocate(1));
      return Verdict.SILENT;
    } catch (PortUnreachableException e) {
      return Verdict.GONE;
    } catch (IOException e) {
      return Verdict.SILENT;
    }
  }

  private static boolean isRefusal(ConnectException e) {
    return e.getMessage() != null
        && e.getMessage().toLowerCase(java.util.Locale.ROOT).contains("refused");
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
