package dev.troupe.data.store;

import dev.troupe.data.store.StoreException.Kind;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Objects on a web server. */
final class HttpStore implements Store {
  private static final int CONNECT_MILLIS = 10_000;

  private final int stallMillis;

  HttpStore(Duration stallTimeout) {
    this.stallMillis = (int) stallTimeout.toMillis();
  }

  @Override
  public Stat stat(String url) throws IOException {
    HttpURLConnection connection = connect(url, "HEAD");
    try {
      int status = status(connection, url);
      if (status != 200) {
        throw failure(connection, url, status);
      }
      return new Stat(connection.getContentLengthLong(), version(connection));
    } finally {
      connection.disconnect();
    }
  }

  @Override
  public Body open(String url, long from, long to, String version) throws IOException {
    HttpURLConnection connection = connect(url, "GET");
    boolean ranged = from > 0 || to >= 0;
    if (ranged) {
      connection.setRequestProperty("Range", "bytes=" + from + "-" + (to < 0 ? "" : to - 1));
      if (version != null && version.startsWith("\"")) {
        connection.setRequestProperty("If-Range", version);
      }
    }
    int status = status(connection, url);
    if (status != 200 && status != 206) {
      StoreException failure = failure(connection, url, status);
      connection.disconnect();
      throw failure;
    }
    String found = version(connection);
    if (version != null && !version.equals(found)) {
      connection.disconnect();
      throw new StoreException(
          Kind.CHANGED, url + ": changed from " + version + " to " + found, null);
    }
    try {
      ClosingStream stream = new ClosingStream(connection.getInputStream());
      long start = 0;
      long size = connection.getContentLengthLong();
      if (status == 206) {
        ContentRange range = ContentRange.parse(connection.getHeaderField("Content-Range"), url);
        start = range.start();
        size = range.size();
      }
      return new Body(
          stream,
          start,
          size,
          found,
          status == 200 ? Digests.ofHeaders(connection::getHeaderField) : Map.of(),
          () -> {
            if (!stream.closed) {
              connection.disconnect();
            }
          });
    } catch (IOException e) {
      connection.disconnect();
      throw e;
    }
  }

  @Override
  public List<String> glob(String pattern) throws IOException {
    throw new StoreException(
        Kind.DENIED,
        pattern + ": a web server cannot be searched; name the shards with braces, {000..123}",
        null);
  }

  @Override
  public void close() {}

  private HttpURLConnection connect(String url, String method) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    connection.setRequestMethod(method);
    connection.setConnectTimeout(Math.min(CONNECT_MILLIS, stallMillis));
    connection.setReadTimeout(stallMillis);
    connection.setUseCaches(false);
    // Sizes and checksums are those of the stored bytes.
    connection.setRequestProperty("Accept-Encoding", "identity");
    return connection;
  }

  private static int status(HttpURLConnection connection, String url) throws IOException {
    try {
      return connection.getResponseCode();
    } catch (IOException e) {
      connection.disconnect();
      throw new StoreException(Kind.RETRY, url + ": " + e, e);
    }
  }

  private static StoreException failure(HttpURLConnection connection, String url, int status) {
    Duration wait = null;
    try {
      String header = connection.getHeaderField("Retry-After");
      wait = header == null ? null : Duration.ofSeconds(Long.parseLong(header.trim()));
    } catch (NumberFormatException e) {
      // A date: our own backoff will do.
    }
    return new StoreException(
        StoreException.kindOf(status), url + ": the server answered " + status, wait, null);
  }

  private static String version(HttpURLConnection connection) {
    String tag = connection.getHeaderField("ETag");
    return tag != null ? tag : connection.getHeaderField("Last-Modified");
  }

  /** Disconnecting after the end would close a connection that waits for its next request. */
  private static final class ClosingStream extends FilterInputStream {
    private volatile boolean closed;

    ClosingStream(InputStream in) {
      super(in);
    }

    @Override
    public void close() throws IOException {
      closed = true;
      super.close();
    }
  }
}
