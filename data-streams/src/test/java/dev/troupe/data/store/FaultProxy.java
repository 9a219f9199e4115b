package dev.troupe.data.store;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;

/**
 * An HTTP proxy in front of one server, which spoils some of the answers. Every request gets
 * connections of its own.
 */
public final class FaultProxy implements Closeable {
  /** What happens to an answer. */
  public enum Fault {
    NONE,
    /** 503 in its place. */
    BUSY,
    /** 500 in its place. */
    FAIL,
    /** A part of it, then nothing more. */
    STALL,
    /** Not even an answer. */
    SILENT,
    /** A part of it, then the end of the connection. */
    CUT,
    /** One of its bytes is another. */
    FLIP,
    /** 403 in its place. */
    FORBID;

    private String status() {
      return switch (this) {
        case BUSY -> "503 Slow Down";
        case FAIL -> "500 Internal Server Error";
        case FORBID -> "403 Forbidden";
        default -> null;
      };
    }
  }

  /** What the first line of a request for a range ends with. */
  public static final String RANGED = " (range)";

  private final ServerSocket server;
  private final int upstream;
  private final BiFunction<Integer, String, Fault> faults;
  private final AtomicInteger requests = new AtomicInteger();
  private final Map<Fault, AtomicInteger> counts = new ConcurrentHashMap<>();
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  /**
   * @param upstream port of the server on this host
   * @param faults number of the request and its first line → what happens
   */
  public FaultProxy(int upstream, BiFunction<Integer, String, Fault> faults) throws IOException {
    this.upstream = upstream;
    this.faults = faults;
    this.server = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    thread(this::accept);
  }

  public int port() {
    return server.getLocalPort();
  }

  public int count(Fault fault) {
    AtomicInteger count = counts.get(fault);
    return count == null ? 0 : count.get();
  }

  /** First lines of all requests so far. */
  public List<String> requests() {
    return log;
  }

  private static void thread(Runnable task) {
    Thread thread = new Thread(task, "fault-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        open.add(client);
        thread(() -> serve(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    try (client;
        Socket target = new Socket(InetAddress.getLoopbackAddress(), upstream)) {
      open.add(target);
      String head = head(client.getInputStream());
      boolean ranged = head.toLowerCase(java.util.Locale.ROOT).contains("\nrange:");
      String line = head.substring(0, head.indexOf('\r')) + (ranged ? RANGED : "");
      log.add(line);
      Fault fault = faults.apply(requests.getAndIncrement(), line);
      counts.computeIfAbsent(fault, f -> new AtomicInteger()).incrementAndGet();
      if (fault == Fault.SILENT) {
        // Until the client gives up.
        client.getInputStream().read();
        return;
      }
      OutputStream out = client.getOutputStream();
      if (fault.status() != null) {
        out.write(
            ascii(
                "HTTP/1.1 "
                    + fault.status()
                    + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
        return;
      }
      String forwarded =
          head.replaceAll("(?i)\r\nConnection: [^\r]*", "")
              .replaceFirst("\r\n", "\r\nConnection: close\r\n");
      target.getOutputStream().write(ascii(forwarded));
      relay(target.getInputStream(), out, fault, client);
      open.remove(target);
    } catch (IOException e) {
      // The client went away, or so did we.
    } finally {
      open.remove(client);
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException();
      }
      head.append((char) b);
    }
    return head.toString();
  }

  private static void relay(InputStream in, OutputStream out, Fault fault, Socket client)
      throws IOException {
    String head = head(in);
    out.write(ascii(head));
    byte[] body = in.readAllBytes();
    int half = body.length / 2;
    if (fault == Fault.FLIP && body.length > 0) {
      body[half] ^= 0x40;
    }
    if (fault == Fault.STALL || fault == Fault.CUT) {
      out.write(body, 0, half);
      out.flush();
      if (fault == Fault.STALL) {
        // Until the client gives up.
        client.getInputStream().read();
      }
      return;
    }
    out.write(body);
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
