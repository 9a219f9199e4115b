package dev.troupe.data.store;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A web server with or without ranges, over contents by path. */
public final class WebServer implements AutoCloseable {
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d*)");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Function<String, byte[]> contents;
  private final boolean ranges;
  private final AtomicLong sent = new AtomicLong();
  private final List<String> requests = new CopyOnWriteArrayList<>();

  /**
   * @param contents path → bytes, or null for 404
   */
  public WebServer(Function<String, byte[]> contents, boolean ranges) throws IOException {
    this.contents = contents;
    this.ranges = ranges;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** Bytes of content sent so far. */
  public long sent() {
    return sent.get();
  }

  public List<String> requests() {
    return requests;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      requests.add(exchange.getRequestMethod() + " " + path);
      byte[] bytes = contents.apply(path);
      if (bytes == null) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      exchange.getResponseHeaders().set("ETag", "\"" + Arrays.hashCode(bytes) + "\"");
      if (exchange.getRequestMethod().equals("HEAD")) {
        exchange.getResponseHeaders().set("Content-Length", "" + bytes.length);
        exchange.sendResponseHeaders(200, -1);
        return;
      }
      String asked = exchange.getRequestHeaders().getFirst("Range");
      Matcher range = RANGE.matcher(ranges && asked != null ? asked : "");
      int from = 0;
      int to = bytes.length;
      if (range.matches()) {
        from = Integer.parseInt(range.group(1));
        if (!range.group(2).isEmpty()) {
          to = Math.min(to, Integer.parseInt(range.group(2)) + 1);
        }
        exchange
            .getResponseHeaders()
            .set("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + bytes.length);
      }
      exchange.sendResponseHeaders(range.matches() ? 206 : 200, to == from ? -1 : to - from);
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(bytes, from, to - from);
        sent.addAndGet(to - from);
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
