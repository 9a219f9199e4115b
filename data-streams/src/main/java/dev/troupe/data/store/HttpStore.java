package dev.troupe.data.store;

import dev.troupe.data.store.StoreException.Kind;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpHead;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.routing.RoutingSupport;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.Timeout;

/** Objects on a web server. */
final class HttpStore implements Store {
  private static final Timeout CONNECT = Timeout.ofSeconds(10);

  /** Callers bound how many connections they hold; the client must not make them wait. */
  private static final int NO_BOUND = 4096;

  private final CloseableHttpClient client;

  HttpStore(Duration stallTimeout) {
    Timeout stall = Timeout.of(stallTimeout);
    this.client =
        HttpClients.custom()
            .useSystemProperties()
            .setConnectionManager(
                PoolingHttpClientConnectionManagerBuilder.create()
                    .useSystemProperties()
                    .setMaxConnTotal(NO_BOUND)
                    .setMaxConnPerRoute(NO_BOUND)
                    .setDefaultConnectionConfig(
                        ConnectionConfig.custom()
                            .setConnectTimeout(CONNECT.compareTo(stall) < 0 ? CONNECT : stall)
                            .setSocketTimeout(stall)
                            .build())
                    .build())
            .setDefaultRequestConfig(RequestConfig.custom().setResponseTimeout(stall).build())
            // The fetcher retries: it knows what arrived already.
            .disableAutomaticRetries()
            // Sizes and checksums are those of the stored bytes.
            .disableContentCompression()
            .disableCookieManagement()
            .build();
  }

  @Override
  public Stat stat(String url) throws IOException {
    try (ClassicHttpResponse response = answer(url, new HttpHead(URI.create(url)))) {
      if (response.getCode() != 200) {
        throw failure(response, url);
      }
      return new Stat(length(response), version(response));
    }
  }

  @Override
  public Body open(String url, long from, long to, String version) throws IOException {
    HttpGet request = new HttpGet(URI.create(url));
    if (from > 0 || to >= 0) {
      request.setHeader(HttpHeaders.RANGE, "bytes=" + from + "-" + (to < 0 ? "" : to - 1));
      if (version != null && version.startsWith("\"")) {
        request.setHeader(HttpHeaders.IF_RANGE, version);
      }
    }
    ClassicHttpResponse response = answer(url, request);
    try {
      return body(url, response, version, request::cancel);
    } catch (IOException | RuntimeException e) {
      request.cancel();
      throw e;
    }
  }

  private static Body body(String url, ClassicHttpResponse response, String version, Runnable abort)
      throws IOException {
    int status = response.getCode();
    if (status != 200 && status != 206) {
      throw failure(response, url);
    }
    String found = version(response);
    if (version != null && !version.equals(found)) {
      throw new StoreException(
          Kind.CHANGED, url + ": changed from " + version + " to " + found, null);
    }
    if (response.getEntity() == null) {
      throw new StoreException(Kind.RETRY, url + ": the server's answer has no content", null);
    }
    long start = 0;
    long size = length(response);
    if (status == 206) {
      ContentRange range = ContentRange.parse(header(response, HttpHeaders.CONTENT_RANGE), url);
      start = range.start();
      size = range.size();
    }
    return new Body(
        response.getEntity().getContent(),
        start,
        size,
        found,
        status == 200 ? Digests.ofHeaders(name -> header(response, name)) : Map.of(),
        abort);
  }

  @Override
  public List<String> glob(String pattern) throws IOException {
    throw new StoreException(
        Kind.DENIED,
        pattern + ": a web server cannot be searched; name the shards with braces, {000..123}",
        null);
  }

  /** Also ends what waits for an answer or for a connection. */
  @Override
  public void close() {
    client.close(CloseMode.IMMEDIATE);
  }

  private ClassicHttpResponse answer(String url, HttpUriRequestBase request) throws IOException {
    try {
      return client.executeOpen(RoutingSupport.determineHost(request), request, null);
    } catch (IOException | HttpException e) {
      throw new StoreException(Kind.RETRY, url + ": " + e, e);
    }
  }

  private static StoreException failure(ClassicHttpResponse response, String url) {
    Duration wait = null;
    try {
      String header = header(response, HttpHeaders.RETRY_AFTER);
      wait = header == null ? null : Duration.ofSeconds(Long.parseLong(header.trim()));
    } catch (NumberFormatException e) {
      // A date: our own backoff will do.
    }
    return new StoreException(
        StoreException.kindOf(response.getCode()),
        url + ": the server answered " + response.getCode(),
        wait,
        null);
  }

  private static String version(ClassicHttpResponse response) {
    String tag = header(response, HttpHeaders.ETAG);
    return tag != null ? tag : header(response, HttpHeaders.LAST_MODIFIED);
  }

  private static long length(ClassicHttpResponse response) {
    String length = header(response, HttpHeaders.CONTENT_LENGTH);
    return length == null ? -1 : Long.parseLong(length.trim());
  }

  private static String header(ClassicHttpResponse response, String name) {
    Header header = response.getFirstHeader(name);
    return header == null ? null : header.getValue();
  }
}
